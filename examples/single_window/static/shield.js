// Handles the events of the shield's element when a request has ended. An event is only a hint: the server checks the result itself.
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
