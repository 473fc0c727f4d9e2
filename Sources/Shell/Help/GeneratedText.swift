/// What `nnsh --generate` prints, each made from the registry and the table of options.
package enum GeneratedText: String, Sendable, CaseIterable {
  case manual, man, bash, zsh, fish, textmate, pygments, vim

  /// The whole text, with a newline at its end.
  package var text: String {
    switch self {
    case .manual: ReferenceManual.text
    case .man: ManPage.text
    case .bash: ShellCompletion.bash
    case .zsh: ShellCompletion.zsh
    case .fish: ShellCompletion.fish
    case .textmate: TextMateGrammar.text
    case .pygments: PygmentsLexer.text
    case .vim: VimSyntax.text
    }
  }
}
