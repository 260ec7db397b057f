"use strict";
// A button that copies the text of what it names; shown only where scripts run.
document.querySelectorAll("button[data-copy]").forEach(function (button) {
  var said = button.nextElementSibling;
  function told(words) { if (said) said.textContent = words; }
  button.parentNode.hidden = false;
  button.addEventListener("click", function () {
    var source = document.getElementById(button.dataset.copy);
    function select() {
      window.getSelection().selectAllChildren(source);
      told(document.execCommand("copy") ? "copied" : "selected: copy it with the keyboard");
    }
    if (!navigator.clipboard) { select(); return; }
    navigator.clipboard.writeText(source.textContent).then(function () { told("copied"); }, select);
  });
});
