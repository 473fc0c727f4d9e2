import Console

extension Derivation {
  /// The derivation as a part of a page: formulas set as in a book, each step with its rule, its
  /// shapes and whether autodiff agrees.
  package var html: String {
    var parts = [
      "<p>\(Self.inline(result.left.latex)) of <code>\(Markup.escaped("\(lossSymbol) = \(loss)"))"
        + "</code></p>"
    ]
    if !legend.isEmpty {
      let sizes = legend.map { "\($0.name) = \($0.size) \($0.meaning)" }
      parts.append(Self.note(sizes.joined(separator: " · ")))
    }
    if !definitions.isEmpty { parts.append(definitionTable) }
    parts += steps + [resultPart]
    return "<div class=\"derivation\">\n\(parts.joined(separator: "\n"))\n</div>"
  }

  /// Symbols, what they stand for, and their axes, in three columns.
  private var definitionTable: String {
    var rows: [String] = []
    for (definition, previous) in zip(definitions, [nil] + definitions.dropLast()) {
      if let gap = definition.gap {
        let words = "<mtext>⋮ \(Markup.escaped(gap.trimmedGap))</mtext>"
        if gap != previous?.gap { rows.append(Self.row(["", words, ""])) }
        continue
      }
      let pieces = Self.brokenSum(definition.formula.latex)
      for (place, piece) in pieces.enumerated() {
        let isFirst = place == 0
        rows.append(
          Self.row([
            isFirst ? MathML.elements(definition.symbol.latex) : "",
            isFirst ? "<mo>=</mo>\(MathML.elements(piece))" : Self.indented(piece),
            isFirst ? "<mtext>\(Markup.escaped(definition.axes))</mtext>" : "",
          ]))
      }
    }
    return Self.block(rows)
  }

  private var steps: [String] {
    var number = 0
    return zip(lines, [nil] + lines.dropLast()).compactMap { line, previous in
      if let gap = line.gap {
        return gap == previous?.gap ? nil : Self.note(gap)
      }
      number += 1
      let verdict =
        line.isRight ? "✓" : "✗ autodiff differs: relative error \(line.error.displayed)"
      return "<div class=\"step\"><span>\(number)</span><div>"
        + Self.equation(line.left.latex, line.forms.map(\.latex))
        + Self.note("\(line.rule) · \(line.shapes)") + "</div>"
        + "<span class=\"\(line.isRight ? "right" : "wrong")\">\(verdict)</span></div>"
    }
  }

  private var resultPart: String {
    var parts = [
      Self.equation(result.left.latex, [result.latex]), Self.note("shapes \(result.shapes)"),
    ]
    if let shortExpression {
      let code = (expression == shortExpression ? [] : statements) + [shortExpression]
      parts.append("<pre>\(Markup.escaped(code.joined(separator: "\n")))</pre>")
    } else {
      parts.append(
        Self.note("nns cannot write this in one expression; grad computes it"))
    }
    if let error {
      parts.append(
        error <= 1e-4
          ? Self.note("equals grad L wrt \(target) ✓")
          : Self.note("differs from grad: relative error \(error.displayed) ✗"))
    }
    parts += remarks.map(Self.note)
    return "<div class=\"result\">\(parts.joined())</div>"
  }

  // MARK: pieces

  private static func note(_ text: String) -> String {
    "<p class=\"note\">\(Markup.escaped(text))</p>"
  }

  private static func inline(_ latex: String) -> String {
    "<math displaystyle=\"true\"><mrow>\(MathML.elements(latex))</mrow></math>"
  }

  private static func block(_ rows: [String]) -> String {
    "<div class=\"equation\"><math displaystyle=\"true\"><mtable displaystyle=\"true\">"
      + "\(rows.joined())</mtable></math></div>"
  }

  private static func row(_ cells: [String]) -> String {
    "<mtr>\(cells.map { "<mtd><mrow>\($0)</mrow></mtd>" }.joined())</mtr>"
  }

  private static func indented(_ latex: String) -> String {
    "<mspace width=\"2em\"></mspace>\(MathML.elements(latex))"
  }

  /// Equal right sides one below the other, long sums over several lines.
  private static func equation(_ left: String, _ rights: [String]) -> String {
    var rows: [String] = []
    for (index, pieces) in rights.map(brokenSum).enumerated() {
      for (place, piece) in pieces.enumerated() {
        let lead = index == 0 && place == 0 ? MathML.elements(left) : ""
        rows.append(
          row([lead, place == 0 ? "<mo>=</mo>\(MathML.elements(piece))" : indented(piece)]))
      }
    }
    return block(rows)
  }
}

extension String {
  /// What a gap says, without the dots before it.
  fileprivate var trimmedGap: String { String(drop { !$0.isNumber }) }
}
