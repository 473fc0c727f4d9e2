import Syntax
import Testing

/// Each row: the source, the message, what the caret marks, and the suggestions' first.
@Suite struct ErrorTests {
  static let slips: [(String, String, String, String)] = [
    ("a ** b", "`**` is not an operator", "**", "the power is written a ^ b"),
    ("a // b", "`//` is not an operator", "//", "division rounded down is written floor(a / b)"),
    ("a && b", "`&&` is not an operator", "&&", "write a and b"),
    ("a || b", "`||` is not an operator", "||", "write a or b"),
    ("!x", "`!` is not an operator", "!", "write not x"),
    ("~x", "`~` is not an operator", "~", "write not x"),
    ("a <> b", "`<>` is not an operator", "<>", "write a != b"),
    ("a ~= b", "`~=` is not an operator", "~=", "write a != b"),
    (
      "if x = 3 { y }", "`=` assigns, and cannot stand inside an expression", "=",
      "equality is written a == b"
    ),
    (
      "(x = 3)", "`=` assigns, and cannot stand inside an expression", "=",
      "equality is written a == b"
    ),
    (
      "[x = 3]", "`=` assigns, and cannot stand inside an expression", "=",
      "equality is written a == b"
    ),
    ("x++", "`++` is not an operator", "++", "write x += 1"),
    ("x--", "`--` is not an operator", "--", "write x -= 1"),
    (
      "if a { b } elif c { d }", "`elif` is written else if", "elif",
      "write } else if condition { … }"
    ),
    ("elseif c { d }", "`elseif` is written else if", "elseif", "write } else if condition { … }"),
    (
      "def f(x):", "`def` does not define a function", "def",
      "write fn name(x) = e, or fn name(x) { … }"
    ),
    (
      "function y = f(x)", "`function` does not define a function", "function",
      "write fn name(x) = e, or fn name(x) { … }"
    ),
    ("let x = 3", "`let` is not needed", "let", "write name = e"),
    ("var x = 3", "`var` is not needed", "var", "write name = e"),
    (
      "f = lambda x: x + 1", "`lambda` does not make a function", "lambda", "write x -> x + 1"
    ),
    (
      "f = lambda x, y: x", "`lambda` does not make a function", "lambda", "write (x, y) -> x"
    ),
    ("f = lambda: 3", "`lambda` does not make a function", "lambda", "write () -> 3"),
    (
      "f = lambda x=1: x", "`lambda` does not make a function", "lambda",
      "write x -> e, or (a, b) -> e"
    ),
    ("a = True", "`True` is written true", "True", "write true"),
    ("f(None)", "`None` is written none", "None", "write none"),
    (
      "if x > 3:", "a block opens with `{`, not with `:`", ":",
      "write { … } around the statements"
    ),
    (
      "for i in r:", "a block opens with `{`, not with `:`", ":",
      "write { … } around the statements"
    ),
    ("fn f(x):", "a block opens with `{`, not with `:`", ":", "write { … } around the statements"),
    (
      "if a { b } else:", "a block opens with `{`, not with `:`", ":",
      "write { … } around the statements"
    ),
    ("a = 'text'", "a string stands in double quotes", "'text'", "write \"text\""),
    ("print('x')", "a string stands in double quotes", "'x'", "write \"x\""),
    (
      "a = \"\"\"x\"\"\"", "a string stands in single pairs of quotes", "\"\"\"",
      "write \"…\"; it may run over several lines"
    ),
    (
      "import numpy as np", "nothing needs to be imported", "import",
      "the functions of NumPy are there by name: exp(x), sum(x)"
    ),
    (
      "from x import y", "nothing needs to be imported", "from",
      "the functions of NumPy are there by name: exp(x), sum(x)"
    ),
    ("in = 3", "`in` is a keyword and cannot be a name", "in", ""),
    ("fn grad(x) = x", "`grad` is a keyword and cannot be a name", "grad", ""),
    ("for in in r { }", "`in` is a keyword and cannot be a name", "in", ""),
    ("1 + wrt", "`wrt` is a keyword and cannot be a name", "wrt", ""),
    ("fn f(pi) = 1", "`pi` is a number and cannot be a name", "pi", ""),
    ("x => x", "`=>` is not an operator", "=>", "a function is written x -> e"),
    (
      "a ? b : c", "`?` is not an operator", "?",
      "a choice is written if condition { a } else { b }"
    ),
    ("a .* b", "`.*` is not an operator", ".*", "* is elementwise: write a * b"),
    ("a.+b", "`.+` is not an operator", ".+", "+ is elementwise: write a + b"),
    (
      "f\"{x}\"", "a string takes no `f` before it", "f",
      "\"epoch {e}\" is interpolated as it is; {{ and }} are braces"
    ),
    ("x[1..2]", "`..` is not a range", "..", "without the last number: a..<b"),
    ("print x", "expected the end of the statement, found `x`", "x", "a call is written print(x)"),
    (
      "print \"a\", b", "expected the end of the statement, found a string", "\"",
      "a call is written print(\"a\", b)"
    ),
    (
      "a, b\nfor i in c { }", "several values separated by commas are here", "a, b",
      "a list is written [a, b]"
    ),
    ("@f", "there are no decorators", "@", "write f = g(f)"),
    ("a < b < c", "comparisons cannot be chained", "<", "write a < b and b < c"),
    ("1..<2..<3", "a range has two ends", "..<", "a step is written a..<b by s"),
    (
      "a + 1 if b else c", "`if` stands before what it chooses", "if",
      "write if b { a + 1 } else { c }"
    ),
    (
      "f(1, a if b else c)", "`if` stands before what it chooses", "if",
      "write if b { a } else { c }"
    ),
    (
      "a if b", "`if` stands before what it chooses", "if", "write if condition { a } else { b }"
    ),
    ("[x for x in y]", "a list is not made by `for`", "for", "write y"),
    ("[x^2 for x in y[1:]]", "a list is not made by `for`", "for", "write map(x -> x^2, y[1:])"),
    (
      "sum(a * b for a, b in zip(x, y) if a > 1)", "a list is not made by `for`", "for",
      "write map((a, b) -> a * b, filter((a, b) -> a > 1, zip(x, y)))"
    ),
    (
      "[[i * j for i in x] for j in y]", "a list is not made by `for`", "for",
      "write map(i -> i * j, x)"
    ),
    (
      "{k: v^2 for k, v in items(r)}", "a list is not made by `for`", "for",
      "write r = {}; for k, v in items(r) { r[k] = v^2 }"
    ),
    (
      "[x for x in y for z in w]", "a list is not made by `for`", "for",
      "write map(x -> e, list), or [x] with a loop before"
    ),
    (
      "\"{f(\\\"a\\\")}\"", "a string inside braces stands without `\\`", "\\",
      "write \"{r[\"a\"]}\""
    ),
    ("x not in y", "`not in` is not an operator", "not in", "write not (x in y)"),
    (
      "if x + 1 not in y[0] { z }", "`not in` is not an operator", "not in",
      "write not (x + 1 in y[0])"
    ),
    ("a in b in c", "comparisons cannot be chained", "in", "write a in b and b in c"),
    ("x[..., 1:..., 0]", "expected a value, found `...`", "...", ""),
    (
      "x[... + 1]", "`...` stands alone between commas, for the axes left out", "...",
      "write x[..., 0]"
    ),
    (
      "for (i in r) { }", "the header of `for` has no parentheses", "(",
      "write for i in 0..<n { … }"
    ),
    (
      "for i = 1:3 { }", "`for` runs over something by `in`", "=",
      "write for i in 1...10 { … }"
    ),
    ("a = b = 3", "one statement assigns once", "=", "write two statements"),
    ("f(x) = x", "a call cannot be assigned to", "f(x)", "a function is defined by fn f(x) = e"),
    ("1 = x", "this cannot be assigned to", "1", "only a name, x[i] or x.name can"),
    ("(1, 2)", "parentheses hold one value", "(1, 2)", "a list is written [1, 2]"),
    ("()", "nothing stands between the parentheses", "()", "an empty list is []"),
    (
      "[1 2]", "expected `,` or `]`, found the number 2", "2",
      "two values are separated by a comma or an operator"
    ),
    ("[1, 2; 3, 4]", "rows are not separated by `;`", ";", "write [[1, 2], [3, 4]]"),
    ("{\"a\": 1}", "a field's name stands without quotes", "\"", "write {a: 1}"),
    (
      "{\".\": 0}", "a field's name stands without quotes", "\"",
      "any string is a key of r = {}, then r[\".\"] = value"
    ),
    (
      "{1: 0}", "expected the name of a field, found the number 1", "1",
      "the keys of a record are strings: r = {}, then r[str(1)] = value"
    ),
    ("x is none", "`is` is not an operator", "is", "write a == b"),
    ("if x is not none { y }", "`is not` is not an operator", "is not", "write a != b"),
    ("0b101", "numbers are written in decimal", "0b101", "write 5"),
    ("0o17", "numbers are written in decimal", "0o17", "write 15"),
    (
      "for i, (a, b) in c { }", "the names of a loop's variables stand without parentheses", "(",
      "name the inner list and take it apart inside: for i, pair in … { a, b = pair }"
    ),
    ("% comment", "expected a value, found `%`", "%", "a comment begins with #"),
    ("x ≤ 3", "`≤` is not an operator", "≤", "write a <= b"),
    ("x²", "`²` is not an operator", "²", "write x ^ 2"),
    ("a 'b'", "the transpose stands directly after its operand", "'", "write x'"),
    (
      "fn f(x) -> x", "the body of `fn` follows `=`, not `->`", "->",
      "write fn name(x) = e, or name = x -> e"
    ),
    (
      "f(*a)", "a list cannot be spread over the arguments", "*",
      "give the arguments one by one"
    ),
    (
      "a = not b + not c", "`not` binds more loosely than what stands before it", "not",
      "write (not x)"
    ),
  ]

  @Test(arguments: slips) func slip(
    _ source: String, _ message: String, _ marked: String, _ advice: String
  ) throws {
    let error = try #require(syntaxError(source), "\(parsed(source))")
    #expect(error.message == message)
    #expect(error.source.text(in: error.span) == marked)
    #expect(error.suggestions.first ?? "" == advice)
  }

  static let structure: [(String, String, String)] = [
    ("f(a, b\nc = 3", "`(` is not closed", "("),
    ("x = [1, 2", "`[` is not closed", "["),
    ("x = {a: 1", "`{` is not closed", "{"),
    ("if a {\nb\n", "`{` is not closed", "{"),
    ("a)", "`)` closes nothing", ")"), ("}", "`}` closes nothing", "}"),
    ("(a]", "expected `)`, found `]`", "]"), ("f(a}", "expected `)`, found `}`", "}"),
    ("if a { (b }", "expected `)`, found `}`", "}"),
    ("a = \"x", "the string is not closed", "\""),
    ("a = \"x\nprint(\"y\")", "the string is not closed on its line", "\""),
    ("\"a {b\"", "`{` is not closed in this string", "{"),
    ("\"a }\"", "`}` closes nothing in this string", "}"),
    ("\"a {}\"", "nothing stands between the braces", "{}"),
    ("\"{x:.4q}\"", "`.4q` is not a format", ".4q"),
    ("\"{x!r}\"", "`!` is not an operator", "!"),
    ("\"\\q\"", "`\\q` is not an escape", "\\q"),
    ("\"\\u{110000}\"", "`\\u` takes the number of a character, in hexadecimal", "\\u"),
    ("2x", "`2x` is neither a number nor a name", "2x"),
    ("0x1F", "numbers are written in decimal", "0x1F"),
    ("1__0", "an underscore stands between two digits only", "1__0"),
    ("1_", "an underscore stands between two digits only", "1_"),
    ("1e", "the exponent of `1e` is missing", "1e"),
    ("1e+", "the exponent of `1e+` is missing", "1e+"),
    ("1.2.3", "`1.2.3` has two decimal points", "1.2.3"),
    ("a\u{0}b", "a NUL byte stands in the text", "\u{0}"),
    ("a = 😀", "`😀` (U+1F600) has no meaning here", "😀"),
    ("a\u{200B}b", "an invisible character, U+200B, stands here", "\u{200B}"),
    ("1 +", "expected a value, but the text ends", ""),
    ("a +* b", "expected a value, found `*`", "*"),
    ("break", "`break` stands outside a loop", "break"),
    ("for i in r { f = fn() { continue } }", "`continue` stands outside a loop", "continue"),
    ("return 1", "`return` stands outside a function", "return"),
    ("else { }", "`else` stands without its `if`", "else"),
    ("fn f(a, a) = 1", "two parameters are called `a`", "a"),
    ("(a, 1) -> a", "a parameter is a name", "1"),
    ("a, b", "several values separated by commas are here", "a, b"),
    ("a = 1, 2", "several values are assigned to one name", ","),
    ("a, b = 1, 2, 3", "3 values for 2 names", "1, 2, 3"),
    ("x[]", "an index is missing", "]"),
    ("x.1", "expected the end of the statement, found the number .1", ".1"),
    ("x. ", "expected the name of a field, but the text ends", ""),
    ("grad L", "`grad` needs `wrt` and a variable", "grad L"),
    ("grad L wrt 3", "`wrt` takes variables", "3"),
    ("f = fn g(x) = x", "expected `(` and the parameters, found `g`", "g"),
    (
      "x |> y -> y + 1 |> f",
      "a function right of `|>` stands in parentheses where another `|>` follows", "y -> y + 1"
    ),
    ("a { b }", "expected the end of the statement, found `{`", "{"),
  ]

  @Test(arguments: structure) func structural(
    _ source: String, _ message: String, _ marked: String
  ) throws {
    let error = try #require(syntaxError(source), "\(parsed(source))")
    #expect(error.message == message)
    #expect(error.source.text(in: error.span) == marked)
    #expect(error.phase == .syntax)
  }

  @Test(arguments: [
    ("1 +", "incomplete"), ("f(", "incomplete"), ("f(a,", "incomplete"), ("[1, 2", "incomplete"),
    ("if a {", "incomplete"), ("if a", "incomplete"), ("fn f(x)", "incomplete"),
    ("fn f(x) =", "incomplete"), ("x |>", "incomplete"), ("\"abc", "incomplete"),
    ("\"a {b", "incomplete"), ("{a: ", "incomplete"), ("a =", "incomplete"),
    ("for i in", "incomplete"), ("if a { b } else", "incomplete"), ("not", "incomplete"),
    ("x = \"a\nb\" +", "incomplete"), ("x = \"a\nb\"", "complete"), ("1 + 1", "complete"),
    ("", "complete"), ("# c", "complete"), ("if a { b }", "complete"),
    ("f(\n)", "complete"), ("train", "complete"), ("1 +* 2", "invalid"), ("f(]", "invalid"),
    ("print x", "invalid"), ("train net on", "invalid"), ("a ** b", "invalid"), (")", "invalid"),
  ]) func completeness(_ source: String, _ expected: String) {
    let found =
      switch Parser.completeness(of: source, commands: testCommands) {
      case .complete: "complete"
      case .incomplete: "incomplete"
      case .invalid: "invalid"
      }
    #expect(found == expected)
  }
}
