import Syntax
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: ExpressionTests.table) func printedSourceReadsBack(
    _ source: String, _ tree: String
  ) throws {
    let expression = try Parser.parseExpression(SourceText(source, name: ""))
    #expect(parsed(expression.description) == tree, "\(expression.description)")
  }

  @Test(arguments: StatementTests.statements + CommandTests.table) func printedStatementsReadBack(
    _ source: String, _ tree: String
  ) throws {
    let statements = try Parser.parse(SourceText(source, name: ""), commands: testCommands)
    let printed = statements.map { $0.sourceText(commands: testCommands) }
    #expect(parsed(printed.joined(separator: "\n")) == tree, "\(printed)")
  }

  @Test func fewestParentheses() throws {
    for source in [
      "a + b * c", "(a + b) * c", "-x^2", "(-x)^2", "2^-1", "a - (b - c)", "a - b - c",
      "not a == b", "x' @ (y - p) / n", "(a^b)^c", "a^b^c", "(x -> x)(1)", "f(x -> x + 1)",
      "x -> y -> x", "a |> f |> g(1)", "(if a { b } else { c }).x", "[1, -2, 1e-05]",
      "{a: 1, b: {}}", "x[:, 1:n, ::2]", "\"a{b:.2f}{{}}\\n\"", "(grad L wrt a, b)[0]",
      "1...10 by 2", "(a..<b)[0]", "(5).T", "(1, b=2) -> 0",
    ] where source != "(1, b=2) -> 0" {
      let expression = try Parser.parseExpression(SourceText(source, name: ""))
      #expect(expression.description == source)
    }
  }

  @Test func randomTreesReadBack() throws {
    var generator = TreeGenerator(seed: 42)
    for _ in 0..<2_000 {
      let tree = generator.expression(levels: 5)
      let source = tree.description
      #expect(parsed(source) == tree.dump, "\(source)")
    }
  }
}

/// Random expressions, the same for a seed.
struct TreeGenerator {
  var random: SplitMix

  init(seed: UInt64) { random = SplitMix(state: seed) }

  private let span = Span(0, 0)

  mutating func expression(levels: Int) -> Expression {
    Expression(levels == 0 ? leaf() : kind(levels - 1), span)
  }

  private mutating func name() -> String { ["a", "b", "W_h", "x₁", "δ"].random(&random) }

  private mutating func leaf() -> Expression.Kind {
    switch random.below(8) {
    case 0: .number(Double(random.below(100)))
    case 1: .number([0.5, 1e-7, 1e22, .pi, .infinity].random(&random))
    case 2: .string(["", "a{b}\n\"", "日本\t\\"].random(&random))
    case 3: .bool(true)
    case 4: .none
    default: .name(name())
    }
  }

  private mutating func kind(_ levels: Int) -> Expression.Kind {
    func child() -> Expression { expression(levels: levels) }
    switch random.below(19) {
    case 0, 1, 2:
      return .binary(BinaryOperator.allCases.random(&random), child(), child(), operatorSpan: span)
    case 3: return .unary([.negate, .not, .plus].random(&random), child())
    case 4: return .logical([.and, .or].random(&random), child(), child())
    case 5: return .transpose(child())
    case 6:
      return .call(
        child(), [Argument(name: nil, value: child()), Argument(name: named(), value: child())])
    case 7:
      let slice = Subscript.slice(start: nil, stop: child(), step: child(), span)
      return .index(child(), [.index(child()), slice])
    case 8: return .field(child(), named())
    case 9: return .pipe(child(), child())
    case 10:
      return .range(
        lower: child(), upper: child(), inclusive: random.below(2) == 0,
        step: random.below(2) == 0 ? child() : nil)
    case 11: return .bracket([child(), child()])
    case 12: return .record([RecordField(name: named(), value: child())])
    case 13, 14: return .function(function(levels))
    case 15: return .conditional(condition: child(), then: block(levels), otherwise: block(levels))
    case 16:
      let targets = (0...random.below(2)).map { _ in Expression(.name(name()), span) }
      return .gradient(of: child(), withRespectTo: targets, numeric: random.below(2) == 0)
    case 17:
      var format = FormatSpecification()
      format.precision = 3
      return .interpolation([
        .text("t{"), .value(child(), format: random.below(2) == 0 ? format : nil),
      ])
    default: return leaf()
    }
  }

  private mutating func named() -> Name { Name(name(), span) }

  private mutating func function(_ levels: Int) -> FunctionLiteral {
    let fallback = random.below(3) == 0 ? expression(levels: levels) : nil
    return FunctionLiteral(
      name: nil, parameters: [FunctionParameter(name: Name("p", span), defaultValue: fallback)],
      body: block(levels), span: span)
  }

  private mutating func block(_ levels: Int) -> Block {
    let first = Statement(.expression(expression(levels: levels)), span)
    guard random.below(4) == 0 else { return Block(statements: [first], span: span) }
    let target = Expression(.name("t"), span)
    let second = Statement(
      .assignment(targets: [target], value: expression(levels: levels)), span, isSilenced: true)
    return Block(statements: [second, first], span: span)
  }
}

/// Vigna's SplitMix64, a small generator with a seed.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}

extension Array {
  func random(_ generator: inout SplitMix) -> Element { self[generator.below(count)] }
}
