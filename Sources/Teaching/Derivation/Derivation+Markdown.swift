import Runtime

extension Derivation {
  /// The derivation as LaTeX, without Markdown around it: the result's equation.
  package var latex: String { "\(result.left.latex) = \(result.latex)" }

  /// The derivation as Markdown with LaTeX between dollars, as pandoc and GitHub read it.
  package var markdown: String {
    var output = ["# Derivation of $\(result.left.latex)$", "", "The loss, as written:", ""]
    output += ["```", "L = \(loss)", "```", ""]
    if !legend.isEmpty {
      let sizes = legend.map { "$\(Self.latexSize($0.name)) = \($0.size)$ \($0.meaning)" }
      output += ["Sizes: " + sizes.joined(separator: ", ") + ".", ""]
    }
    if !definitions.isEmpty {
      output += ["$$", "\\begin{aligned}"]
      output += definitions.map {
        "\($0.symbol.latex) &= \($0.formula.latex) && \(Self.latexShapes($0.axes)) \\\\"
      }
      output += ["\\end{aligned}", "$$", ""]
    }
    for (index, line) in lines.enumerated() { output += markdown(of: line, index + 1) }
    output += [
      "## Result", "", "$$", latex, "$$", "", "$$", Self.latexShapes(result.shapes), "$$", "",
    ]
    if let shortExpression {
      output += ["In nns:", "", "```"] + (expression == shortExpression ? [] : statements)
      output += [shortExpression, "```", ""]
    }
    if let error {
      output += [
        error <= 1e-4
          ? "Its value equals that of `grad` ✓" : "Its value differs from that of `grad` ✗", "",
      ]
    }
    return (output + remarks.map { "- \($0)" }).joined(separator: "\n") + "\n"
  }

  private func markdown(of line: Line, _ number: Int) -> [String] {
    let mark = line.isRight ? "✓" : "✗ (relative error \(line.error.displayed))"
    var output = ["**\(number).** \(line.rule) \(mark)", "", "$$"]
    if line.forms.count > 1 {
      output.append("\\begin{aligned}")
      for (index, form) in line.forms.enumerated() {
        output.append((index == 0 ? line.left.latex : "") + " &= \(form.latex) \\\\")
      }
      output.append("\\end{aligned}")
    } else {
      output.append(line.left.latex + " = " + (line.forms.first?.latex ?? ""))
    }
    return output + ["$$", "", "Shapes: $\(Self.latexShapes(line.shapes))$", ""]
  }

  private static func latexSize(_ name: String) -> String {
    let digits: [Character] = ["₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"]
    guard let last = name.last, let digit = digits.firstIndex(of: last) else { return name }
    return "\(name.dropLast())_{\(digit)}"
  }

  /// `(N×H)ᵀ (N×K) = (H×K)` with LaTeX's signs.
  private static func latexShapes(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "×": result += " \\times "
      case "ᵀ": result += "^\\top "
      case "⊙": result += "\\odot "
      case "Σ": result += "\\sum "
      default: result.append(character)
      }
    }
    for (index, digit) in ["₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"].enumerated() {
      result = result.replacing(digit, with: "_{\(index)}")
    }
    return result.replacing("number", with: "\\text{number}").replacing(
      "for each row", with: "\\text{ for each row}")
  }
}
