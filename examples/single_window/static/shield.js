// What the page does when the shield's element tells of an end. An event is a hint: the server looks for itself.
const shield = document.querySelector("mshield-login, mshield-sign");
const finish = document.querySelector("form[data-finish]");
const ends = finish?.dataset.finish.split(" ") ?? [];

for (const name of ["signed", "declined", "expired", "cancelled"]) {
  shield?.addEventListener(`mshield-${name}`, ({ detail }) => {
    if (ends.includes(name)) {
      finish.requestSubmit();
      return;
    }
    const reason = detail.reason ?? name;
    for (const note of document.querySelectorAll("[data-when]")) {
      note.hidden = !note.dataset.when.split(" ").includes(reason);
    }
  });
}
