import Testing

@testable import Shell

/// The parts of the line editor that need no terminal.
@Suite struct LineEditingTests {
  @Test func historyIsWalkedByPrefix() {
    var history = LineHistory(["alpha", "beta", "alpha", "alpine"])
    #expect(history.step(-1, from: "al", at: 2) == "alpine")
    #expect(history.step(-1, from: "alpine", at: 6) == "alpha")
    #expect(history.step(-1, from: "alpha", at: 5) == nil)
    #expect(history.step(1, from: "alpha", at: 5) == "alpine")
    #expect(history.step(1, from: "alpine", at: 6) == "al")
    #expect(history.step(1, from: "al", at: 2) == nil)
    #expect(history.continuation(of: "alp") == "ine")
    #expect(history.continuation(of: "z") == nil)
  }

  @Test func undoTakesWordsBack() {
    var undo = UndoHistory()
    for (text, cursor) in [("", 0), ("a", 1), ("ab", 2), ("ab ", 3), ("ab c", 4), ("ab", 2)] {
      undo.note(.init(text: text, cursor: cursor))
    }
    #expect(undo.undo()?.text == "ab c")
    #expect(undo.undo()?.text == "ab ")
    #expect(undo.undo()?.text == "ab")
    #expect(undo.undo()?.text == "")
    #expect(undo.undo() == nil)
  }

  @Test func aLineIsRedrawnWhereItStands() {
    var display = LineDisplay()
    var content = LineDisplay.Content()
    content.text = "12345678"
    content.cursor = 8
    _ = display.draw(content, size: (10, 5))
    // Nothing changed: nothing is sent.
    #expect(display.draw(content, size: (10, 5)) == "")
    content.text = "123456789"
    content.cursor = 9
    let output = display.draw(content, size: (10, 5))
    #expect(output.contains("56789"))
    #expect(!output.contains("nnsh"))
  }

  @Test func pastesAreCleaned() {
    #expect(PastedText.cleaned("nnsh> a\nnnsh> b\n\n") == "a\nb")
    #expect(PastedText.cleaned("    … x\t\u{1B}[31my") == "x  [31my")
    #expect(PastedText.cleaned("") == "")
  }
}
