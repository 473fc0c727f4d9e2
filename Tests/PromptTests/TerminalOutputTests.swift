import BinaryUnderTest
import Foundation
import Testing

@testable import Console
@testable import Prompt

@Suite struct TerminalOutputTests {
  @Test func tablesAlign() {
    var table = Table([("name", .left), ("n", .right)])
    table.append(["α", "1"])
    table.append(["日本", "100"])
    #expect(table.lines() == ["name    n", "α       1", "日本  100"])
  }

  @Test func longLinesAreCut() {
    #expect(TextLayout.cut("日本語", to: 5) == "日本…")
    #expect(TextLayout.cut("short", to: 5) == "short")
    #expect(TextLayout.wrapped("one two three", to: 7) == ["one two", "three"])
    #expect(TextLayout.columns(["a", "b", "c"], width: 6) == ["a  c", "b"])
  }

  /// Output that Ctrl-C cuts, at every place: what follows is seen, and no picture is waited for.
  @Test(arguments: [
    "plain", "\u{1B}[1;31mred\u{1B}[0m", "\u{1B}]0;a title\u{7}text",
    "\n\n\u{1B}[2A\u{1B}7\u{1B}Pq#0;2;0;0;0~~@@vv~~$-\u{1B}\\\u{1B}8\u{1B}[2B",
    "\u{1B}]1337;File=inline=1;size=3:AAAA\u{7}after",
    "\u{1B}7\u{1B}_Ga=T,f=100,q=2,C=1,m=1;AAAA\u{1B}\\\u{1B}_Gm=1;BBBB\u{1B}\\"
      + "\u{1B}_Gm=0;CC\u{1B}\\\u{1B}8",
  ])
  func cutOutputLeavesNothingOpen(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    for count in 0...scalars.count {
      let cut = String(String.UnicodeScalarView(scalars[..<count]))
      let whole = cut + EscapeCodes.ending(cut: cut)
      var screen = Screen(columns: 40, rows: 8)
      screen.feed(Array((whole + "\r\nseen").utf8))
      #expect(screen.lines.contains("seen"), "cut after \(cut.debugDescription)")
      #expect(EscapeCodes.ending(cut: whole).isEmpty, "cut after \(cut.debugDescription)")
    }
  }

  @Test(arguments: [
    (0.0000031, "3.1 µs"), (0.0031, "3.1 ms"), (2.44, "2.4 s"), (65, "1 min 05 s"),
    (7380, "2 h 03 min"), (Double.nan, "?"),
  ])
  func durationsRead(_ seconds: Double, _ text: String) {
    #expect(NumberForm.duration(seconds) == text)
  }

  @Test func countsAndSizesRead() {
    #expect(NumberForm.bytes(999) == "999 B")
    #expect(NumberForm.bytes(3_136_000) == "3.1 MB")
    #expect(NumberForm.grouped(1_234_567) == "1 234 567")
    #expect(NumberForm.grouped(-1234) == "-1 234")
    #expect(NumberForm.loss(0.25) == "0.2500")
    #expect(NumberForm.loss(1e-7) == "1e-07")
  }

  private func progress(done: Int) -> Console.Progress {
    Console.Progress(
      done: done, total: 200, unit: "epoch", figures: [("loss", "0.1234"), ("accuracy", "87.1%")],
      elapsed: 12, speed: "45 000 rows/s", secondsLeft: 30)
  }

  @Test func barsNeverWrap() {
    for width in [10, 20, 40, 60, 80, 120] {
      #expect(progress(done: 12).bar(width: width).count < max(width, 24))
    }
    #expect(
      progress(done: 100).bar(width: 100)
        == "epoch 100/200 ██████████░░░░░░░░░░  30 s left  loss 0.1234  accuracy 87.1%  45 000 rows/s"
    )
    #expect(progress(done: 200).bar(width: 100).contains("  in 12 s  loss"))
    #expect(progress(done: 12).bar(width: 40).hasSuffix("  30 s left"))
  }

  @Test func withoutATerminalThereIsALineAStep() {
    var written = ""
    let reporter = ProgressReporter(
      isInPlace: false, paint: Paint(isOn: false), write: { written += $0 })
    reporter.update(progress(done: 1))
    reporter.finishStep(progress(done: 1))
    reporter.finish(progress(done: 1))
    #expect(written == "epoch 1/200  loss 0.1234  accuracy 87.1%  45 000 rows/s\n")
  }

  @Test func inPlaceTheBarIsRedrawnNotTooOften() {
    var written: [String] = []
    var time = 0.0
    let reporter = ProgressReporter(
      isInPlace: true, paint: Paint(isOn: false), write: { written.append($0) }, clock: { time })
    for _ in 0..<10 {
      reporter.update(progress(done: 1))
      time += 0.02
    }
    #expect(written.count == 4)
    #expect(written.allSatisfy { $0.hasPrefix("\r\u{1B}[K") && !$0.contains("\n") })
    reporter.finish(progress(done: 200))
    #expect(written.last == "\n")
  }

  @Test func escapeCodesCanBeRemoved() {
    #expect(EscapeCodes.removed(from: "\u{1B}[1;32mgreen\u{1B}[0m text") == "green text")
  }

  @Test func pastedPromptsAreStripped() {
    #expect(PastedText.cleaned("nnsh> a = 1\nnnsh> b = 2\n\n") == "a = 1\nb = 2")
    #expect(PastedText.cleaned("x\ty") == "x  y")
  }

  @Test func symbolsHaveNames() {
    #expect(SymbolNames.all["alpha"] == "α")
    #expect(SymbolNames.all["Sigma"] == "Σ")
    #expect(SymbolNames.all["omega"] == "ω")
  }

  @Test func completionsShareABeginning() {
    let found = Completions([.init("train"), .init("transcript"), .init("test")], typed: "tr")
    #expect(found.candidates.map(\.text) == ["train", "transcript"])
    #expect(found.insertion == "tra")
    #expect(Completions([.init("train", ending: " ")], typed: "tr").insertion == "train ")
    #expect(Completions([.init("a")], typed: "x").insertion == nil)
  }
}
