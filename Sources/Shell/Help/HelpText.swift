import Runtime
import Syntax

/// Entries of help as text for the terminal.
struct HelpText {
  let width: Int
  let paint: Paint

  /// The screen of `help` alone: the language in a minute.
  static let screen = """
    nnsh is a shell for neural networks. Verbs are commands, everything else is an expression.

      load letters                                    a data set
      net = dense(784, 100) |> relu |> dense(10) |> softmax
      train net on letters epochs=5                   Ctrl-C stops it and keeps everything
      test net on letters.test                        loss, accuracy, a table of the classes
      plot net.history                                curves in the terminal
      show mistakes of net on letters.test            what it gets wrong

      x = [[1, 2], [3, 4]]                            a tensor; shapes and slices as in NumPy
      x @ x'     x * x     x[0, :]     x.shape        product, elementwise, slice, shape
      fn f(x) = sum(x^2)                              a function; also  x -> x^2
      grad f(x) wrt x                                 its gradient
      for e in 1...3 { print("epoch {e}") }           loops, interpolation
      x |> softmax |> sum                             pipelines
      who · describe x · source dL_dW_o               variables, a value, a function's code

    help NAME  about a word (also ?NAME or NAME?)     apropos WORD  finds the words
    """

  /// The screen with the lists of all there is.
  func overview() -> [String] {
    var lines = Self.screen.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    lines += ["", paint.bold("Commands")]
    lines += list(Command.all.map(\.declaration.name))
    lines += [paint.bold("Topics")] + list(Topic.all.map(\.name))
    return lines + [paint.bold("Functions") + "  help functions, or apropos WORD"]
  }

  private func list(_ names: [String]) -> [String] {
    TextLayout.wrapped(names.joined(separator: " "), to: width - 2).map { "  " + $0 }
  }

  func lines(for entry: HelpIndex.Entry) -> [String] {
    switch entry {
    case .builtin(let declaration):
      lines(
        for: declaration, usage: declaration.signature,
        arguments: declaration.parameters.map { ($0.optionName, $0.summary) })
    case .command(let command):
      lines(
        for: command.declaration, usage: command.usage,
        arguments: command.arguments.map { ($0.writtenName, $0.parameter.summary) })
    case .topic(let topic): lines(for: topic)
    }
  }

  private func lines(
    for declaration: Declaration, usage: String, arguments: [(name: String, summary: String)]
  ) -> [String] {
    let result = declaration.result.isEmpty ? "" : "  → " + declaration.result
    var lines: [String]
    if DisplayWidth.of(usage + result) <= width {
      lines = [paint.bold(usage) + paint.dim(result)]
    } else {
      // A command with many options runs over several lines.
      let wrapped = TextLayout.wrapped(usage, to: width - 4)
      lines = wrapped.enumerated().map { paint.bold(($0 == 0 ? "" : "    ") + $1) }
      if !result.isEmpty { lines.append(paint.dim("    " + result.drop { $0 == " " })) }
    }
    lines.append(declaration.summary)
    if !declaration.aliases.isEmpty {
      lines.append("also written " + declaration.aliases.joined(separator: ", "))
    }
    if !declaration.details.isEmpty {
      lines += [""] + TextLayout.wrapped(declaration.details, to: textWidth)
    }
    lines += argumentLines(arguments.filter { !$0.summary.isEmpty })
    lines += exampleLines(declaration.examples)
    return lines + seeAlso(declaration.seeAlso)
  }

  private func lines(for topic: Topic) -> [String] {
    let plain = topic.text.replacing("`", with: "")
    return [paint.bold(topic.name) + "  " + topic.summary, ""]
      + TextLayout.wrapped(plain, to: textWidth) + exampleLines(topic.examples)
      + seeAlso(topic.seeAlso)
  }

  /// Names in one column, what they mean beside them, over as many lines as it takes.
  private func argumentLines(_ arguments: [(name: String, summary: String)]) -> [String] {
    guard !arguments.isEmpty else { return [] }
    let column = (arguments.map { DisplayWidth.of($0.name) }.max() ?? 0) + 4
    var lines = [""]
    for (name, summary) in arguments {
      let wrapped = TextLayout.wrapped(summary, to: max(20, width - column))
      for (index, line) in wrapped.enumerated() {
        let head = index == 0 ? "  " + name : ""
        lines.append(TextLayout.padded(head, to: column) + line)
      }
    }
    return lines
  }

  private var textWidth: Int { min(width, 92) }

  private func exampleLines(_ examples: [Declaration.Example]) -> [String] {
    var lines: [String] = []
    for example in examples {
      lines.append("")
      for line in example.code.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(paint("nnsh> ", .green) + line)
      }
      if let output = example.output {
        lines += output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
    }
    return lines
  }

  private func seeAlso(_ names: [String]) -> [String] {
    names.isEmpty ? [] : ["", "see also " + names.joined(separator: ", ")]
  }
}

extension Parameter {
  /// `axis=none`, `values…`, `x`: as the signature shows it.
  var optionName: String { isVariadic ? "\(name)…" : defaultValue == nil ? name : optionText }
}
