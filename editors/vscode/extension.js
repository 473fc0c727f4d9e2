// Starts `nnsh --lsp` for scripts, and ends it with the window.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function activate() {
  const command = workspace.getConfiguration("nnsh").get("path");
  client = new LanguageClient(
    "nnsh",
    "nnsh",
    { command, args: ["--lsp"] },
    { documentSelector: [{ language: "nnsh" }] },
  );
  return client.start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
