// Conveniences of the form: the box above the list selects all, and totals are updated during input. The form works without it.
const all = document.querySelector("#all");
all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll('input[name="id"]')) box.checked = all.checked;
});

const digits = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const number = (input) => Number(input.value.replace(/[,，\s]/g, "") || Number.NaN);
for (const line of document.querySelectorAll("[data-line]")) {
  const [quantity, price] = ["quantity", "price"].map((key) => line.querySelector(`[name$="-${key}"]`));
  const total = line.querySelector("output");
  line.addEventListener("input", () => {
    const product = number(quantity) * number(price);
    total.textContent = product > 0 && Number.isFinite(product) ? digits.format(product) : "—";
  });
}
