import Testing

@testable import Derivation

/// Derivations as parts of a page: formulas in MathML, which browsers set without a script.
@Suite struct DerivePageTests {
  @Test(arguments: DeriveCorpusTests.cases) func everyFormulaIsSet(
    _ example: DeriveCorpusTests.Case
  ) throws {
    for derivation in try DeriveHost.derivations(of: DeriveCorpusTests.setup + example.code) {
      var formulas = [derivation.result.left.latex, derivation.result.latex]
      for line in derivation.lines { formulas += [line.left.latex] + line.forms.map(\.latex) }
      for definition in derivation.definitions {
        formulas += [definition.symbol.latex, definition.formula.latex]
      }
      for formula in formulas {
        let (elements, unknownCommands) = MathML.read(formula)
        #expect(unknownCommands.isEmpty, "\(formula)")
        #expect(!elements.contains("\\"), "\(formula)")
      }
      expectBalanced(derivation.html)
      let shown = derivation.lines.filter { $0.gap == nil }
      #expect(derivation.html.components(of: "class=\"step\"") == shown.count)
    }
  }

  @Test func scriptsFractionsAndBracketsAreNested() {
    #expect(
      MathML.elements("W_{1}^\\top x") == """
        <msubsup><mi>W</mi><mrow><mn>1</mn></mrow><mo>⊤</mo></msubsup><mi>x</mi>
        """)
    #expect(
      MathML.elements("\\frac{\\partial L}{\\partial h}") == """
        <mfrac><mrow><mi>∂</mi><mi>L</mi></mrow><mrow><mi>∂</mi><mi>h</mi></mrow></mfrac>
        """)
    #expect(
      MathML.elements("\\left(a - 1e-05\\right)^{2}") == """
        <msup><mrow><mo>(</mo><mi>a</mi><mo>−</mo><mn>1e-05</mn><mo>)</mo></mrow>\
        <mrow><mn>2</mn></mrow></msup>
        """)
    #expect(
      MathML.elements("\\sum_k \\mathrm{a\\_b}<c") == """
        <munder><mo>∑</mo><mi>k</mi></munder><mi mathvariant="normal">a_b</mi><mo>&lt;</mo><mi>c</mi>
        """)
    #expect(
      MathML.elements("\\begin{cases} a & i = j \\\\ 0 & \\text{else} \\end{cases}") == """
        <mrow><mo>{</mo><mtable><mtr><mtd><mrow><mi>a</mi></mrow></mtd>\
        <mtd><mrow><mi>i</mi><mo>=</mo><mi>j</mi></mrow></mtd></mtr>\
        <mtr><mtd><mrow><mn>0</mn></mrow></mtd><mtd><mrow><mtext>else</mtext></mrow></mtd></mtr>\
        </mtable></mrow>
        """)
    #expect(MathML.read("\\nowhere{x}").unknownCommands == ["nowhere"])
  }

  /// Whatever comes in, what comes out is whole.
  @Test(arguments: [
    "\\left(", "{{", "}", "_", "&", "\\begin{cases} a &", "\\begin", "a^", "\\frac{a", "\\text{",
    "\\", "\\right)", "a_b_c",
  ])
  func whatIsCutShortIsStillMarkup(_ latex: String) {
    expectBalanced("<math>\(MathML.elements(latex))</math>")
  }

  private func expectBalanced(_ markup: String) {
    var open: [Substring] = []
    for piece in markup.split(separator: "<").dropFirst(markup.first == "<" ? 0 : 1) {
      let name = piece.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
      if piece.first == "/" {
        #expect(open.popLast() == name, "\(markup)")
      } else {
        open.append(name)
      }
    }
    #expect(open.isEmpty, "\(markup)")
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(of text: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.firstRange(of: text) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
