import Language

extension Derivation {
  /// The derivation as LaTeX, without Markdown around it: the result's equation.
  package var latex: String { "\(result.left.latex) = \(result.latex)" }

  /// The derivation as Markdown with LaTeX between dollars, as pandoc and GitHub read it.
  package var markdown: String {
    var output = ["# Derivation of $\(result.left.latex)$", "", "The loss, as written:", ""]
    output += ["```", "\(lossSymbol) = \(loss)", "```", ""]
    if !legend.isEmpty {
      let sizes = legend.map { "$\(Self.latexSize($0.name)) = \($0.size)$ \($0.meaning)" }
      output += ["Sizes: " + sizes.joined(separator: ", ") + ".", ""]
    }
    if !definitions.isEmpty {
      output += ["$$", "\\begin{aligned}"]
      for (definition, previous) in zip(definitions, [nil] + definitions.dropLast()) {
        if let gap = definition.gap {
          if gap != previous?.gap { output.append(Self.latexGap(gap)) }
          continue
        }
        let pieces = Self.brokenSum(definition.formula.latex)
        output.append(
          "\(definition.symbol.latex) &= \(pieces[0]) && \(Self.latexShapes(definition.axes)) \\\\")
        output += pieces.dropFirst().map { " &\\quad \($0) \\\\" }
      }
      output += ["\\end{aligned}", "$$", ""]
    }
    var number = 0
    for (line, previous) in zip(lines, [nil] + lines.dropLast()) {
      if let gap = line.gap {
        if gap != previous?.gap { output += [gap, ""] }
      } else {
        number += 1
        output += markdown(of: line, number)
      }
    }
    output +=
      [
        "## Result", "", "$$",
      ] + Self.equation(result.left.latex, [result.latex])
    output += [
      "$$", "", "$$", Self.latexShapes(result.shapes), "$$", "",
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
    output += Self.equation(line.left.latex, line.forms.map(\.latex))
    return output + ["$$", "", "Shapes: $\(Self.latexShapes(line.shapes))$", ""]
  }

  /// Equal right sides one below the other, long sums over several lines.
  private static func equation(_ left: String, _ rights: [String]) -> [String] {
    let broken = rights.map(brokenSum)
    guard rights.count > 1 || broken.contains(where: { $0.count > 1 }) else {
      return [left + " = " + (rights.first ?? "")]
    }
    var rows: [String] = []
    for (index, pieces) in broken.enumerated() {
      for (place, piece) in pieces.enumerated() {
        let lead = place > 0 ? " &\\quad " : (index == 0 ? left : "") + " &= "
        rows.append(lead + piece + " \\\\")
      }
    }
    return ["\\begin{aligned}"] + rows + ["\\end{aligned}"]
  }

  /// A sum in pieces that fit on a page, broken before a sign outside all brackets.
  static func brokenSum(_ latex: String) -> [String] {
    guard latex.count > 150 else { return [latex] }
    var pieces: [String] = []
    var piece = ""
    var depth = 0
    for character in latex {
      if "{([".contains(character) { depth += 1 }
      if "})]".contains(character) { depth -= 1 }
      if depth == 0, character == "+" || character == "-", piece.count > 70, piece.last == " " {
        pieces.append(piece)
        piece = ""
      }
      piece.append(character)
    }
    return pieces + [piece]
  }

  private static func latexGap(_ gap: String) -> String {
    "&\\;\\vdots && \\text{\(gap.drop { !$0.isNumber })} \\\\"
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
