import Console
import Syntax

/// The screen of `help` alone: the language in a minute, on a terminal of 80 columns and 24 rows.
enum HelpScreen {
  /// Code, and what it is or does.
  private static let lines: [(code: String, remark: String)] = [
    ("load letters", "a data set: pictures of A to J"),
    ("net = dense(784, 100) |> relu |> dense(10) |> softmax", ""),
    ("train net on letters epochs=5", "Ctrl-C stops it, and all is kept"),
    ("test net on letters.test", "loss, accuracy, a table of classes"),
    ("plot net.history", "curves in the terminal"),
    ("show mistakes of net on letters.test", "what it takes for something else"),
    ("", ""),
    ("x = [[1, 2], [3, 4]]", "a tensor; slices as NumPy's: x[0, :]"),
    ("x @ x' + x * x", "matrix product, elementwise product"),
    ("fn f(x) = sum(x^2)", "a function; also x -> x^2"),
    ("grad f(x) wrt x", "its gradient; derive tells why"),
    ("for e in 1...3 { print(\"epoch {e}\") }", "a loop, a value inside a string"),
    ("x |> softmax |> sum", "sum(softmax(x))"),
    ("who   describe x   source dL_dW_o", "variables, a value, a function"),
  ]

  private static let ways: [(code: String, remark: String)] = [
    ("help NAME, ?NAME, NAME?", "on a word: help train, help slices, grad?"),
    ("help commands | builtins | topics", "all there are, with a line each"),
    ("apropos WORD", "whatever mentions a word"),
    ("lesson", "lessons; Tab completes, Ctrl-D leaves"),
  ]

  /// At most 22 lines of at most 79 columns.
  static func text(_ paint: Paint) -> [String] {
    [
      paint.bold("nnsh is a shell for neural networks: commands, and expressions for all else."),
      "",
    ]
      + lines.map { row($0, width: 38, margin: "  ", paint) } + [""]
      + ways.map { row($0, width: 35, margin: "", paint) }
  }

  private static func row(
    _ line: (code: String, remark: String), width: Int, margin: String, _ paint: Paint
  ) -> String {
    guard !line.code.isEmpty else { return "" }
    guard !line.remark.isEmpty else { return margin + line.code }
    return margin + TextLayout.padded(line.code, to: width) + "  " + paint.dim(line.remark)
  }
}
