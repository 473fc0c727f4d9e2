/// What keyboards and terminals send.
package enum Keystrokes {
  /// What means nothing at the prompt: keys without a meaning, reports, replies.
  package static let meaningless = [
    "\u{1B}[15~", "\u{1B}[24;5~", "\u{1B}OP", "\u{1B}[1;2P", "\u{1B}[[A", "\u{1B}[Z", "\u{1B}[2~",
    // The mouse, in three notations, and the focus.
    "\u{1B}[<0;31;12M", "\u{1B}[<0;31;12m", "\u{1B}[M !!", "\u{1B}[32;10;10M", "\u{1B}[I",
    "\u{1B}[O",
    // Replies: place, attributes, colours, settings, and what else they are wrapped in.
    "\u{1B}[24;80R", "\u{1B}[?62;22c", "\u{1B}[>41;354;0c", "\u{1B}[0n", "\u{1B}[8;24;80t",
    "\u{1B}]11;rgb:1e1e/1e1e/1e1e\u{1B}\\", "\u{1B}]52;c;YWJj\u{7}", "\u{1B}P1$r0m\u{1B}\\",
    "\u{1B}P>|kitty(0.26)\u{1B}\\", "\u{1B}_Gi=1;OK\u{1B}\\", "\u{1B}[?2026;2$y", "\u{1B}[?0u",
    // kitty: a key let go, keys without a character, keys with the system's modifier.
    "\u{1B}[97;1:3u", "\u{1B}[57358u", "\u{1B}[57441;2u", "\u{1B}[97;9u", "\u{1B}[1;9D",
    "\u{1B}[201~", "\u{1B}x", "\u{1B}5", "\u{1B}\u{1B}[99~", "\u{1B}[1;5;6;7Q",
    "\u{1B}[" + String(repeating: "1;", count: 200) + "H",
  ]

  /// Keys that do something at the prompt, halves of keys, and pieces of statements.
  package static let meaningful = [
    "\u{1B}[A", "\u{1B}[B", "\u{1B}[C", "\u{1B}[D", "\u{1B}[5~", "\u{1B}[6~", "\u{1B}[1;5C",
    "\u{1B}[1;5D", "\u{1B}[3;5~", "\u{1B}[H", "\u{1B}[F", "\u{1B}[200~", "\u{1B}[201~", "\u{1B}",
    "\u{1B}\u{1B}", "\u{1B}[", "\u{1B}O", "\u{1B}]", "\u{1B}P", "\u{12}", "\u{13}", "\u{7}", "\t",
    "\u{15}", "\u{B}", "\u{17}", "\u{19}", "\u{1F}", "\u{1B}/", "\u{1B}y", "\u{14}", "\u{16}",
    "\u{0}", "\u{18}\u{18}", "\u{18}", "\u{C}", "\u{1B}9", "\u{1B}d", "\u{1B}u", "\u{1B}l",
    "\u{1B}c", "\u{1B}w", "\u{1B} ", "\u{1B}\u{1F}", "\u{1B}p", "\u{1B}n", "\u{1B}x", "\u{1B}<",
    "\u{1B}>", "\u{10}", "\u{E}", "\u{1}", "\u{5}", "\u{6}", "\u{2}", "\u{8}", "\u{7F}",
    "\u{1B}\u{7F}", "\r", "\n", "\r\n", "\u{3}", "é", "日", "nnsh> ", "    … ", "fn f(x) {", "}",
    "(", ")", "\"", "\\al", "load ", "tra", "1+1", "x = [1,2]",
  ]

  /// Keys of vi's command mode.
  package static let ofVi =
    "dwbcx30$pPyYDCr~.uUft;,%|/?nv:#@_GkjAiaRsSeEWB^".map { String($0) } + ["\u{1B}", "99999"]
}
