import Foundation
import Testing

@testable import Console
@testable import Language
@testable import Library
@testable import Shell
@testable import Syntax

/// What the messages about mistakes tell to write is typed in, and must run.
@Suite struct AdviceTests {
  // MARK: Mistakes

  /// Mistakes, each with a piece of the advice that must come.
  static let mistakes: [(code: String, advice: String)] = [
    // Shapes
    ("W @ xs", "xs @ W would fit"), ("xs @ ones(2, 3)", "would fit"),
    ("ones(2, 3) @ W'", "would fit"),
    ("x + ones(3, 2)", "would fit"), ("(W + 1) @ (xs + 1)", "(xs + 1) @ (W + 1) would fit"),
    // Attributes and methods of other languages
    ("letters.shape", "letters.train.x.shape"), ("letters.train.shape", "letters.train.x.shape"),
    ("letters.T", "letters.train.x.T"), ("letters.train.mean()", "mean(letters.train.x)"),
    ("global_avg_pool(ones(1, 2, 2, 1))", "global_avg_pool()(x)"), ("x.dot(y)", "dot(x, y)"),
    ("x.sum()", "sum(x)"), ("W.mean(0)", "mean(W, 0)"),
    ("W.reshape(2, 3)", "reshape(W, 2, 3)"), ("W.view(2, 3)", "reshape(W, 2, 3)"),
    ("x.astype(float64)", "f64(x)"), ("W[0, 0].item()", "number(W[0, 0])"), ("x.copy()", "write x"),
    ("list.append(\"w\")", "list += [\"w\"]"), ("list.len()", "len(list)"),
    ("list.length", "len(list)"),
    ("W.t()", "W'"), ("W.mm(V)", "W @ V"), ("x.pow(2)", "x ^ 2"), ("net.summary()", "show net"),
    ("net.fit(letters)", "train net on letters"),
    ("net.predict(letters.test.x)", "net(letters.test.x)"),
    ("net.evaluate(letters.test)", "test net on letters.test"), ("net.weights", "net.parameters"),
    // Names and words of other programs
    ("fit(net, letters)", "train net on letters"), ("hist x", "plot x kind=hist"),
    ("man sum", "help sum"),
    ("prnt(x)", "print"), ("zros(3)", "zeros"), ("trian net on letters", "train"), ("xor", "load"),
    ("str a", "str(a)"), ("nnsh> sum(x)", "sum(x)"), ("'text'", "\"text\""),
    // Fields and arguments
    ("adam(lr=0.1)", "rate"), ("sgd(0.1, gamma=0.9)", "momentum"),
    ("sgd(0.1, weight_decay=0.1)", "l2"), ("net |> relu()", "net |> relu"),
    ("net |> leaky_relu(0.2)", "(z -> leaky_relu(z, 0.2))"), ("-[w, x]", "field by field"),
    ("sum(x, dim=0)", "axis"), ("sum(W, axis=1, keepdim=true)", "keepdims"),
    ("clip(x, a_min=0)", "min"), ("zeros(2, dtype=1)", "f64(x)"),
    ("concat(x, y)", "concat([a, b])"),
    ("min(1, 2, 3)", "min([a, b, c])"), ("map(v -> v, k)", "items(r)"),
    ("m and [true, false]", "tensor(list)"), ("3.14 |> round(2)", "round(3.14, 2)"),
    ("a |> reshape(1, 2)", "reshape(a, 1, 2)"),
    ("arange(6) |> reshape(2, 3)", "(x -> reshape(x, 2, 3))"),
    // Calls of other languages, with the reader's own arguments
    ("np.zeros((2,3))", "write zeros(2, 3)"), ("torch.randn((2, n))", "write randn([2, n])"),
    ("zeros((2, 3))", "write zeros(2, 3)"), ("v = (a, b)", "[a, b]"),
    ("x.reshape((3, 1))", "write reshape(x, 3, 1)"), ("x.square()", "write x ^ 2"),
    ("append(x, 3)", "write concat([x, [3]])"), ("x.push(3)", "x = concat([x, [3]])"),
    ("\"-\".join(list)", "join(list, \"-\")"), ("x(1)", "write x[1]"),
    ("W.shape(0)", "write W.shape[0]"),
    ("W.shape()", "write W.shape"), ("F.softmax(W, dim=1)", "write softmax(W, axis=1)"),
    ("np.pi", "write pi"), ("x[np.newaxis, :]", "write none"),
    ("objective.backward()", "grad L() wrt W"),
    ("[*x, 1]", "list + [e]"), ("v = {\"u\": 3}", "write {u: 3}"),
    ("np.square(w)", "write w ^ 2"), ("np.square(w + 1)", "write (w + 1) ^ 2"),
    ("np.add(w, 1)", "write w + 1"), ("amax(W, axis=0)", "write max(W, axis=0)"),
    ("np.vstack([w, w])", "write concat([w, w], axis=0)"), ("imshow(W)", "write show W"),
    ("torch.kl_div(target, prediction)", "kl(target, prediction)"),
    ("[1,2].append(3)", "concat([[1,2], [3]])"), ("x.append(3)", "x = concat([x, [3]])"),
    ("[\"a\", 1].append(3)", "[\"a\", 1] + [3]"),
    ("\"%d\" % d", "write \"{d}\""), ("\"%5.2f%%\" % rate", "write \"{rate:5.2f}%\""),
    ("\"%s\" % (d + 1)", "write \"{(d + 1)}\""), ("\"%d of %s\" % [d, s]", "write \"{d} of {s}\""),
    ("print(\"%d of %s\" % (d, s))", "write \"{d} of {s}\""),
    ("\"{} of {:.2f}\".format(d, rate)", "write \"{d} of {rate:.2f}\""),
    ("\"{:.2f}\".format(rate)", "write \"{rate:.2f}\""),
    ("for u, v in batches(letters.train, 2) { }", "b.x, b.y"), ("sum(x, axs=0)", "axis"),
    ("x.shap", "shape"), ("k.abd", "abc"), ("net.W2", "W1"),
    // Functions in place of what they give
    ("grad(L(), w)", "grad L() wrt w"), ("grad L wrt w", "L()"),
    // Truth and comparisons
    ("\"u\" not in list", "not (\"u\" in list)"), ("3 not in x", "not (3 in x)"),
    ("1 in k", "str(x) in r"),
    ("1 in s", "str(x) in s"), ("x and y", "x != 0"), ("not a", "x != 0"),
    ("if a[0] { 1 }", "x != 0"),
    ("if m { 1 }", "any("), ("true and m", "mask and b"), ("a < b < c", "a < b and b < c"),
    ("max(x, y)", "maximum(a, b)"), ("s + 1", "str(x)"), ("for i in 3 { }", "0..<n"),
    ("x[1:..., 0]", ""), ("a = b = 3", "two statements"), ("if x = 3 { y }", "a == b"),
  ].filter { $0.code != "xor" && !$0.advice.isEmpty }

  /// Every operator, value and word of other languages that the parser knows.
  static let slips: [String] =
    Slips.operators.keys.filter { $0 != "`" && $0 != "$" }.map { "a \($0) b" }
    + Slips.values.keys.map { "v = \($0)" } + Slips.openers.keys.map { "\($0) x" }

  /// Every name that is known to mean something elsewhere.
  static let foreignNames =
    ForeignNames.hints.keys.map { "\($0)(x)" } + [
      "np.exp(x)", "np.random.randn(2)", "torch.cat([x, y])",
    ]
    + [
      "math.pow(a, b)", "np.concatenate([x, y])", "nn.Linear(3, 2)", "torch.nn.ReLU()", "np.exq(x)",
    ]

  // MARK: Tests

  @Test(arguments: mistakes) func advice(_ mistake: (code: String, advice: String)) {
    let suggestions = Self.suggestions(for: mistake.code)
    #expect(suggestions.contains { $0.contains(mistake.advice) }, "\(suggestions)")
    for suggestion in suggestions { Self.try(suggestion, after: mistake.code) }
  }

  @Test(arguments: slips) func slipsOfOtherLanguages(_ mistake: String) {
    let suggestions = Self.suggestions(for: mistake)
    #expect(!suggestions.isEmpty)
    for suggestion in suggestions { Self.try(suggestion, after: mistake) }
  }

  @Test(arguments: foreignNames) func namesOfOtherLanguages(_ mistake: String) {
    let suggestions = Self.failure(mistake, in: "x = [1]\ny = [2]\n")?.suggestions ?? []
    #expect(!suggestions.isEmpty)
    for suggestion in suggestions { Self.try(suggestion, after: mistake) }
  }

  /// A hint for a name that means something would never be read.
  @Test func hintsAreForNamesThatMeanNothing() {
    #expect(ForeignNames.hints.keys.filter { Builtin.named($0) != nil }.isEmpty)
  }

  // MARK: Running

  /// What the pieces of advice speak of: vectors, numbers, truth values or matrices, as each asks
  /// for.
  private static let worlds = [
    "a = [3, 4]; b = [2, 1]; x = [1, 2, 3]; net = dense(784, 10) |> softmax",
    "a = 3; b = 2; x = ones(2, 3); net = dense(3, 2)",
    "a = true; b = false; x = true; net = 1",
    "a = ones(2, 2); b = eye(2); x = [3, 4]; net = dense(784, 10)",
  ].map {
    """
    \($0); c = [5, 6]; e = 4; n = 2; i = 0; d = 3; y = [3, 4, 5]; w = [0.5, 1, 2]; s = "12"
    W = ones(3, 2); V = ones(2, 5); xs = ones(5, 3); list = ["u", "v"]; condition = true
    f = v -> v; g = v -> v; name = 1; r = {w: 1, abc: 2}; k = r; mask = [1, 2] > 1; m = mask
    fn L() = sum(w * w) + sum(W * W); target = one_hot([1, 0]); prediction = ones(2, 2) / 2
    rate = 0.1; p = 0.5

    """
  }

  private static func session() -> Session {
    let nowhere = OutputStream(-1, capacity: 1 << 30) { _ in }
    var line = CommandLine()
    line.keepsHistory = false
    line.isQuiet = true
    let session = Session(line, terminal: Terminal(), output: nowhere, errors: nowhere)
    return session
  }

  /// The error of a text that is run among the variables; nil where it runs.
  private static func failure(_ code: String, in world: String) -> Diagnostic? {
    let session = session()
    do throws(Diagnostic) {
      let needsLetters = code.contains("letters") && !code.contains("load letters")
      let setup = world + (needsLetters ? "load letters\n" : "")
      let machine = session.machine
      try machine.run(try machine.compile(SourceText(setup, name: "setup")))
      try machine.run(try machine.compile(SourceText(code, name: "advice")))
      return nil
    } catch {
      return error
    }
  }

  private static func suggestions(for mistake: String) -> [String] {
    failure(mistake, in: worlds[0])?.suggestions ?? []
  }

  private static func `try`(_ suggestion: String, after mistake: String) {
    for form in forms(in: suggestion, after: mistake) {
      let isRight = worlds.contains { failure(form, in: $0) == nil }
      #expect(isRight, "after `\(mistake)`, `\(suggestion)` tells to write `\(form)`")
    }
  }

  // MARK: What a piece of advice tells to write

  private static func forms(in suggestion: String, after mistake: String) -> [String] {
    if let names = suggestion.rest(after: "did you mean ") {
      return names.dropLast().split(separator: " or ").map { name in
        corrected(mistake, by: String(name))
      }
    }
    if let names = suggestion.rest(after: "in scope and would fit: ") {
      let name = names.prefix { $0 != " " }
      let product = mistake.split(separator: "@").first.map { "\($0)@ \(name)" }
      return product.map { [$0] } ?? []
    }
    if let code = suggestion.beginning(before: " would fit") {
      guard !code.contains("operand") else { return [] }
      guard code.hasSuffix("'"), !code.contains("@") else { return [code] }
      return [mistake.replacing(code.dropLast(), with: code)]
    }
    if let name = suggestion.beginning(before: " first"), name.hasPrefix("load ") { return [name] }
    let markers = [
      "element: ", "write ", "written ", ", as ", "use ", "number: ", "text: ", "it is ", "on: ",
    ]
    guard let marker = markers.first(where: { suggestion.contains($0) }),
      let code = suggestion.rest(after: marker)
    else { return [] }
    return code.split(separator: ", or ").flatMap { $0.split(separator: " or ") }.compactMap {
      runnable(String($0))
    }
  }

  /// A form without the words that follow it, its gaps filled.
  private static func runnable(_ form: String) -> String? {
    var code = form
    for end in [
      ", with", ", without", "; it ", "; the ", " with a loop", " of the tensor", " of a",
    ] {
      code = code.beginning(before: end) ?? code
    }
    code = code.replacing("{ … }", with: "{ 1 }").replacing("…", with: "1")
      .replacing("in, out", with: "2, 3").replacing("kernel", with: "3")
      .replacing("to x.csv", with: "to \"\(NSTemporaryDirectory())advice-\(getpid()).csv\"")
    if code.hasPrefix("}") { code = "if condition { 1 " + code }
    // Prose, and what ends in an error by its nature.
    let isProse = ["two statements", "two names", "the name alone", "error(", "one of"].contains {
      code.hasPrefix($0)
    }
    return isProse ? nil : code
  }

  /// The mistake with the name that is wrong replaced by the one that was meant.
  private static func corrected(_ mistake: String, by name: String) -> String {
    let words = mistake.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
    let nearest = words.min { distance($0, name) < distance($1, name) } ?? mistake
    return mistake.replacing("np.", with: "").replacing(nearest, with: name)
  }

  private static func distance(_ a: String, _ b: String) -> Int {
    a == b ? 99 : abs(a.count - b.count) + Set(a).symmetricDifference(Set(b)).count
  }
}

extension String {
  fileprivate func rest(after part: String) -> String? {
    firstRange(of: part).map { String(self[$0.upperBound...]) }
  }

  fileprivate func beginning(before part: String) -> String? {
    firstRange(of: part).map { String(self[..<$0.lowerBound]) }
  }
}
