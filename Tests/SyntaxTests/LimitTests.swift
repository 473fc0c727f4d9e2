import Foundation
import Syntax
import Testing

@Suite struct LimitTests {
  /// Runs on a thread with the stack that nnsh has, and returns what it gives.
  private func onBigStack(_ work: @escaping @Sendable () -> String) -> String {
    let result = Box()
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      result.text = work()
      done.signal()
    }
    thread.stackSize = 256 << 20
    thread.start()
    done.wait()
    return result.text
  }

  // The semaphore orders the one write before the one read.
  private final class Box: @unchecked Sendable { var text = "" }

  static let deep: [(String, String, String)] = [
    ("(", "1", ")"), ("[", "1", "]"), ("f(", "1", ")"), ("x[", "1", "]"), ("{a: ", "1", "}"),
    ("- ", "1", ""), ("not ", "a", ""), ("2^", "1", ""), ("x -> ", "1", ""), ("(x) -> ", "1", ""),
    ("if a { ", "1", " }"), ("if a { 1 } else ", "{ 2 }", ""), ("grad ", "1", " wrt x"),
    ("\"{", "1", "}\""), ("fn(x) = ", "1", ""), ("fn f() { ", "1", " }"),
    ("while a { ", "1", " }"), ("fn(x = ", "1", ") = 1"),
  ]

  @Test(arguments: deep) func nesting(_ open: String, _ middle: String, _ close: String) {
    let nested = { (count: Int) in
      String(repeating: open, count: count) + middle + String(repeating: close, count: count)
    }
    for count in [2_000, 10_000] {
      let text = nested(count)
      #expect(onBigStack { parsed(text) } == "error: nested too deeply")
    }
    let allowed = nested(300)
    #expect(onBigStack { parsed(allowed).hasPrefix("error") ? parsed(allowed) : "fine" } == "fine")
  }

  @Test(arguments: [" + 1", "(1)", "[1]", ".x", "'", " |> f", " or a", " @ b"])
  func chains(_ link: String) {
    let long = "x" + String(repeating: link, count: 20_000)
    #expect(onBigStack { parsed(long) } == "error: expression too long")
    let allowed = "x" + String(repeating: link, count: 9_000)
    let printed = onBigStack {
      do throws(Diagnostic) {
        return try Parser.parseExpression(SourceText(allowed, name: "")).description
      } catch {
        return error.message
      }
    }
    #expect(printed == allowed)
  }

  @Test func chainsWithinBracketsCountTogether() {
    var text = "1"
    for _ in 0..<20 { text = "(" + text + String(repeating: " + 1", count: 600) + ")" }
    let source = text
    #expect(onBigStack { parsed(source) } == "error: expression too long")
  }

  @Test func longFlatInputsAreLinear() {
    let list = "[" + String(repeating: "1, ", count: 50_000) + "1]"
    let statements = String(repeating: "a = 1; ", count: 20_000)
    let string = "\"" + String(repeating: "x", count: 500_000) + "\""
    let comment = "#" + String(repeating: "(", count: 500_000)
    for text in [list, statements, string, comment] {
      #expect(syntaxError(text) == nil)
    }
    for opening in ["(", "\"{"] {
      let text = String(repeating: opening, count: 250_000)
      #expect(onBigStack { parsed(text) } == "error: nested too deeply")
    }
    #expect(
      syntaxError("a = " + String(repeating: "9", count: 200_000))?.message
        == "the number has too many digits")
  }

  @Test func aLongTextIsReadNoFurtherOnRequest() {
    let text = "l = [" + String(repeating: "1, ", count: 100_000) + "1]"
    var questions = 0
    do throws(Diagnostic) {
      _ = try Parser.parse(SourceText(text, name: "long"), commands: [:]) {
        questions += 1
        return questions == 3
      }
      Issue.record("it was read to its end")
    } catch {
      #expect(error.phase == .interrupted)
      #expect(questions == 3)
    }
  }
}
