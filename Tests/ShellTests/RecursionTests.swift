import BinaryUnderTest
import Testing

/// Recursion without an end, through native code as well, ends in an error.
@Suite struct RecursionTests {
  @Test(arguments: [
    "fn f(x) = f(x) + 1", "fn f(x) = map(f, [x])", "fn f(x) = filter(f, [x, x])",
    "fn g(x) = map(f, [x])\nfn f(x) = filter(y -> len(g(y)) > 0, [x])",
    "fn f(x) { map(y -> f(y), [x]) }", "fn f(x) = numgrad sum(f(x)) wrt x",
    "fn f(x) = grad sum(f(x)) wrt x", "fn f(x) = x |> f", "fn f(x) = \"{f(x)}\"",
    "fn f(x) = [f(x)]", "fn f(x) = {a: f(x)}",
  ])
  func endlessRecursionIsAnError(_ definition: String) throws {
    let outcome = try NNSH.run(code: "\(definition)\nx = [1, 2]\nf(x)")
    #expect(outcome.code == 1)
    #expect(outcome.errors.contains("deep"))
  }

  /// What catches the error goes on.
  @Test func endlessRecursionIsCaught() throws {
    let code = "fn f(x) = try(() -> f(x))\nr = f(1)\nprint(\"be\" + \"gun\")"
    let outcome = try NNSH.run(code: code)
    #expect(outcome.code == 0 && outcome.output == "begun\n")
  }
}
