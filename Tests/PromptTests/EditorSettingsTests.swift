import Prompt
import Testing

/// `~/.editrc`: what reaches libedit, and what does not.
@Suite struct EditorSettingsTests {
  @Test(arguments: [
    "bind \"", "bind \"^A ed-move-to-beg", "bind 'x", "bind \\", "bind \"\\000\" ed-newline",
    "bind ^@ ed-newline", "bind \"a^@\" ed-newline", "bind \"\" ed-newline", "bind -q x y",
    "bind ^A ed-move-to-beg extra", "bind ^A Ed!", "bind \"\\U+\" ed-newline", "bind ^ ed-newline",
    "bind \"\\777\" ed-newline", "bind \"\\U+D800\" ed-newline", "bind a\0b ed-newline",
    "bind -s ^A " + String(repeating: "x", count: 3000),
    "bind " + String(repeating: "x", count: 3000) + " ed-newline",
    "bind -s ^A x^A", "bind -s \"\" x",
    String(repeating: "bind ^A ed-newline ", count: 1000),
  ])
  func aLineThatCannotBeIsLeftOut(_ line: String) {
    let settings = EditorSettings("bind -v\n" + line + "\nbind ^B ed-move-to-beg\n")
    #expect(settings.isVi)
    #expect(settings.faults.map(\.line) == [2])
    #expect(settings.bindings.map(\.words) == [["bind", "^B", "nnsh-home"]])
  }

  @Test(arguments: [
    "", "# bind \"", "  # '", "bind", "bind -l", "bind ^A", "edit off", "setty -a",
    "bash:bind \"x\" y",
    "history clear", "bind -k up ed-newline", "bind ^A ed-command", "bind v vi-histedit",
  ])
  func whatMeansNothingHereIsPassedOver(_ line: String) {
    let settings = EditorSettings(line)
    #expect(settings.faults.isEmpty)
    #expect(settings.bindings.isEmpty)
  }

  @Test func keysAreRead() {
    let settings = EditorSettings(
      """
      nnsh:bind "\\e[1;5C" vi-next-word
      *:bind '\\033x' ed-search-prev-history
      bind -a "^X a" em-next-word
      bind -s ^T "train net"
      bind "\\U+E9" ed-prev-word
      """)
    #expect(settings.faults.isEmpty)
    #expect(
      settings.bindings.map(\.words) == [
        ["bind", "\\e[1;5C", "vi-next-word"], ["bind", "\\033x", "nnsh-up"],
        ["bind", "-a", "^X a", "em-next-word"], ["bind", "-s", "^T", "train net"],
        ["bind", "\\U+E9", "ed-prev-word"],
      ])
    #expect(settings.bindings.map(\.key).first == Array("\u{1B}[1;5C".utf8))
    #expect(settings.bindings.map(\.key).last == Array("é".utf8))
  }

  /// Each would type itself for ever.
  @Test func textsOfKeysDoNotHoldEachOther() {
    let settings = EditorSettings("bind -s ^A x^B\nbind -s ^B y^A\nbind -s ^C x\nbind -s x z")
    #expect(settings.faults.map(\.line) == [2, 4])
  }
}
