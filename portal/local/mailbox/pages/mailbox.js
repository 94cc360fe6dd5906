// Keeps the list fresh while somebody looks at it. Without scripts the list is fresh on every visit.
const rows = document.getElementById("rows");
const ids = (root) => Array.from(root.querySelectorAll("[data-id]"), (item) => item.dataset.id);

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch("/rows").catch(() => null);
  if (!answer?.ok) return;
  const fresh = document.createElement("div");
  fresh.innerHTML = await answer.text();
  const before = ids(rows);
  const added = ids(fresh).filter((id) => !before.includes(id)).length;
  if (!added && ids(fresh).length === before.length) return;
  const focused = document.activeElement?.closest("[data-id]")?.dataset.id;
  rows.replaceChildren(...fresh.childNodes);
  if (focused) rows.querySelector(`[data-id="${focused}"] a`)?.focus();
  if (added) document.getElementById("news").textContent = added === 1 ? "One new mail." : `${added} new mails.`;
}

if (rows) {
  setInterval(refresh, 2000);
  document.addEventListener("visibilitychange", refresh);
}
