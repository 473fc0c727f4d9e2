import Syntax
import Testing

@Suite struct StatementTests {
  static let statements: [(String, String)] = [
    ("a = 1", "(= a 1)"),
    ("a = 1; b = 2;", "(= a 1); | (= b 2);"),
    ("a\nb", "a | b"),
    (";;a;;", "a;"),
    ("a, b = f()", "(= a b (call f))"),
    ("a, b = b, a", "(= a b [b a])"),
    ("x[i, :] = e", "(= (at x i (: _ _ _)) e)"),
    ("net.W1 = e", "(= (. net W1) e)"),
    ("a += 1", "(+= a 1)"), ("a -= 1", "(-= a 1)"), ("a *= 2", "(*= a 2)"), ("a /= 2", "(/= a 2)"),
    ("x[0] += 1", "(+= (at x 0) 1)"),
    ("fn f(a, b=1) = a + b", "(fn f (a b=1) {(+ a b)})"),
    ("fn f(a) {\n  return a\n}", "(fn f (a) {(return a)})"),
    ("fn f(a) { return }", "(fn f (a) {(return)})"),
    ("fn f() = x |> g", "(fn f () {(|> x g)})"),
    ("for e in 1...200 { }", "(for e (... 1 200) {})"),
    ("for i, v in list { break; continue }", "(for i v list {break;; continue})"),
    ("while a < 1 {\na = a + 1\n}", "(while (< a 1) {(= a (+ a 1))})"),
    ("if a { b }\nelse if c { d }\nelse { e }", "(if a {b} {(if c {d} {e})})"),
    ("if {a: 1}.a == 1 { b }", "(if (== (. {a:1} a) 1) {b})"),
    ("if c\n{ a }", "(if c {a})"),
    ("x\n|> f\n|> g", "(|> (|> x f) g)"),
    ("x |>\nf", "(|> x f)"),
    ("a = 1 +\n2", "(= a (+ 1 2))"),
    ("a =\n2", "(= a 2)"),
    ("a\n- b", "a | (neg b)"),
    ("a\n[1]", "a | [1]"),
    ("f(a,\nb\n)", "(call f a b)"),
    ("(a\n+ b)", "(+ a b)"),
    ("[1\n, 2]", "[1 2]"),
    ("{a: 1,\n b: 2}", "{a:1 b:2}"),
    ("x ->\nx", "(fn (x) {x})"),
    ("f(fn(x) {\na\n-b\n})", "(call f (fn (x) {a; (neg b)}))"),
    ("f((a\n) - b)", "(call f (- a b))"),
    ("a # comment\n# more\nb", "a | b"),
    ("a\r\nb\rc", "a | b | c"),
    ("\u{FEFF}#!/usr/bin/env nnsh\na", "a"),
    ("g = grad L wrt a, b", "(= g (grad L wrt a b))"),
    ("import = 3", "(= import 3)"),
    ("def = 2\ndef + 1", "(= def 2) | (+ def 1)"),
    ("", ""), ("# only", ""), ("\n\n", ""),
  ]

  @Test(arguments: statements) func statement(_ source: String, _ tree: String) {
    #expect(parsed(source) == tree)
  }

  static let numbers: [(String, Double)] = [
    ("1_000", 1000), ("1e-3", 1e-3), (".5", 0.5), ("5.", 5), ("1.5e+2", 150), ("5.e1", 50),
    ("1e999", .infinity), ("inf", .infinity), ("pi", .pi), ("0.1", 0.1), ("007", 7), ("0", 0),
    ("1_0.2_5", 10.25),
  ]

  @Test(arguments: numbers) func number(_ source: String, _ value: Double) throws {
    let expression = try Parser.parseExpression(SourceText(source, name: ""))
    guard case .number(let number) = expression.kind else {
      Issue.record("no number: \(source)")
      return
    }
    #expect(number == value)
  }

  static let strings: [(String, String)] = [
    (#""a\n\t\"\\\u{3B1}""#, "\"a\\n\t\"\\α\""),
    (#""{{}}""#, "\"{}\""),
    (#""epoch {e}  loss {loss:.4f}""#, "(\"\" \"epoch \" e \"  loss \" (: loss .4f))"),
    (#""{f("x{y}")}""#, "(\"\" (call f (\"\" \"x\" y)))"),
    (#""{ {a: 1}.a :>8}""#, "(\"\" (: (. {a:1} a)  >8))"),
    (#""{x:=8f}""#, "(\"\" (: x  =8f))"), (#""{x:=08,}""#, "(\"\" (: x 0=8,))"),
    (#""{x[1:2]:08.2f}""#, "(\"\" (: (at x (: 1 2 _)) 0=8.2f))"),
    (#""{a + 1:+,d}%""#, "(\"\" (: (+ a 1) +,d) \"%\")"),
    (#""""#, "\"\""),
    ("\"two\nlines\"", "\"two\\nlines\""),
    ("\"日本 😀\"", "\"日本 😀\""),
  ]

  @Test(arguments: strings) func string(_ source: String, _ tree: String) {
    #expect(parsed(source) == tree)
  }

  @Test func spansOfInterpolatedExpressionsAreThoseOfTheSource() throws {
    let source = SourceText("x = \"a {b + c:.2f} d\"", name: "")
    let statement = try #require(try Parser.parse(source, commands: [:]).first)
    guard case .assignment(_, let value) = statement.kind,
      case .interpolation(let parts) = value.kind, case .value(let inner, _) = parts[1]
    else {
      Issue.record("no interpolation")
      return
    }
    #expect(source.text(in: inner.span) == "b + c")
    #expect(source.text(in: value.span) == "\"a {b + c:.2f} d\"")
  }

  @Test func spansCoverParentheses() throws {
    let source = SourceText("(a + b) * (c)", name: "")
    let product = try Parser.parseExpression(source)
    #expect(source.text(in: product.span) == "(a + b) * (c)")
    guard case .binary(_, let left, _, let operatorSpan) = product.kind else {
      Issue.record("\(product.kind) is no product")
      return
    }
    #expect(source.text(in: left.span) == "(a + b)")
    #expect(source.text(in: operatorSpan) == "*")
  }

  @Test func invalidBytesAreAnErrorInTheirPlace() {
    let source = SourceText(
      bytes: Array("a = 1\nb = \"x".utf8) + [0xFF] + Array("\"".utf8), name: "f")
    do throws(Diagnostic) {
      _ = try Parser.parse(source, commands: [:])
      Issue.record("no error")
    } catch {
      #expect(error.message == "the text is not UTF-8 here")
      #expect(source.position(of: error.span.start) == (2, 7))
    }
  }
}
