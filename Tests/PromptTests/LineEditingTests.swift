import Testing

@testable import Prompt

/// The parts of the line editor that need no terminal.
@Suite struct LineEditingTests {
  @Test func historyIsWalkedByPrefix() {
    var history = LineHistory(["beta", "alpha", "alpine"])
    #expect(history.step(-1, from: "al", at: 2) == "alpine")
    #expect(history.step(-1, from: "alpine", at: 6) == "alpha")
    #expect(history.step(-1, from: "alpha", at: 5) == nil)
    #expect(history.step(1, from: "alpha", at: 5) == "alpine")
    #expect(history.step(1, from: "alpine", at: 6) == "al")
    #expect(history.step(1, from: "al", at: 2) == nil)
    #expect(history.continuation(of: "alp") == "ine")
    #expect(history.continuation(of: "z") == nil)
  }

  @Test func nothingIsInAHistoryTwice() {
    var history = LineHistory(["alpha", "beta"])
    history.append("alpha")
    history.append("alpine")
    #expect(history.entries == ["beta", "alpha", "alpine"])
    history.append("beta")
    #expect(history.continuation(of: "al") == "pine")
    #expect(history.step(-1, from: "", at: 0) == "beta")
    #expect(history.step(-1, from: "beta", at: 4) == "alpine")
    #expect(history.step(-1, from: "alpine", at: 6) == "alpha")
    #expect(history.step(-1, from: "alpha", at: 5) == nil)
  }

  @Test func searchingFindsWhatIsTyped() {
    var search = HistorySearch(["a * b", "W[0]", "b * a", "c"], former: "W[")
    #expect(search.step(-1) == .init(text: "W[0]", cursor: 0))
    search = HistorySearch(["a * b", "W[0]", "b * a", "c"])
    #expect(search.type("") == nil)
    #expect(search.type("*") == .init(text: "b * a", cursor: 2))
    #expect(search.type(" b") == .init(text: "a * b", cursor: 2))
    #expect(search.step(-1) == nil)
    #expect(!search.isFound)
    #expect(search.erase() == .init(text: "b * a", cursor: 2))
    #expect(search.isFound)
    #expect(search.step(-1) == .init(text: "a * b", cursor: 2))
    #expect(search.step(1) == .init(text: "b * a", cursor: 2))
    #expect(search.type("é") == nil)
    #expect(search.pattern == "* é")
    var empty = HistorySearch([])
    #expect(empty.type("x") == nil)
    #expect(empty.step(-1) == nil)
  }

  /// In a terminal that cuts long rows, more of them than the line had would be others'.
  @Test func onlyTheLinesOwnRowsAreErased() {
    func erased(reflows: Bool) -> String {
      var display = LineDisplay()
      var content = LineDisplay.Content()
      content.text = String(repeating: "x", count: 60)
      content.cursor = 60
      _ = display.draw(content, size: (50, 24))
      return display.erase(columns: 20, reflows: reflows)
    }
    #expect(erased(reflows: false) == "\r\u{1B}[1A\u{1B}[J")
    #expect(erased(reflows: true) == "\r\u{1B}[3A\u{1B}[J")
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
    #expect(PastedText.cleaned("    … x\t\u{1B}[31my") == "x  y")
    #expect(PastedText.cleaned("") == "")
  }
}
