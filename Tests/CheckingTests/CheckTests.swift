import Checking
import Language
import Syntax
import Testing

/// What a check says and leaves behind.
@Suite struct CheckTests {
  private let report = """
    seed(3)
    x = randn(8, 6); y = one_hot([0, 1, 2, 0, 1, 2, 0, 1], 3)
    W_h = xavier(6, 5); b_h = randn(1, 5) * 0.1
    W_o = xavier(5, 3); b_o = randn(1, 3) * 0.1
    h = relu(compute(x, W_h, b_h)); p = softmax(compute(h, W_o, b_o))
    fn L() = -sum(y * log(softmax(compute(relu(compute(x, W_h, b_h)), W_o, b_o))))

    """

  @Test func theFaultIsMarkedInTheUsersOwnFunction() throws {
    let code =
      report + """
        fn dL_db_h(target, prediction, W_o, x, W_h, b_h) {
          hidden_in = compute(x, W_h, b_h)
          gradRelu(hidden_in)
          d_r = relu(hidden_in)
          return ones(1, 8) @ (d_r * (gradCE(target, prediction) @ W_o'))
        }
        check dL_db_h(y, p, W_o, x, W_h, b_h) against L() wrt b_h
        """
    let found = try #require(try CheckHost.reports(code).first)
    let place = try #require(found.place)
    #expect(place.source.text(in: place.span) == "relu(hidden_in)")
    #expect(place.source.position(of: place.span.start).line == 10)
    #expect(found.lines.contains { $0.contains("d_r = relu(hidden_in)") })
  }

  @Test func variablesAreAfterwardsWhatTheyWere() throws {
    let host = CheckHost()
    let machine = Machine(host: host) { _ in }
    let setUp = try machine.compile(SourceText(report + "W = W_o; s = rand(2)", name: "a"))
    try machine.run(setUp)
    let before = machine.globals.userDefined.map { ($0.name, $0.value.display()) }
    try machine.run(
      try machine.compile(
        SourceText("check h' @ (y - p) * rand(5, 3) against L() wrt W_o", name: "b")))
    for (name, text) in before { #expect(machine.globals[name]?.display() == text) }
    let broken = try machine.compile(
      SourceText("check h' @ p against L() * len(W_o) @ W_o wrt W_o", name: "c"))
    #expect(throws: Diagnostic.self) { try machine.run(broken) }
    for (name, text) in before { #expect(machine.globals[name]?.display() == text) }
  }

  @Test(arguments: [
    ("check \"text\" against L() wrt W_o", "a gradient is a tensor or a number"),
    ("check W_o against W_o wrt W_o", "a loss is a number, and W_o is 5×3"),
    ("check W_o against 3 wrt W_o", "does not depend on W_o"),
    ("check W_o against L() wrt y_missing", "y_missing"),
    ("check W_o against \"x\" wrt W_o", "a loss is a number, and \"x\" is the string"),
  ])
  func whatCannotBeCheckedIsAnErrorThatSaysWhy(code: String, message: String) throws {
    let host = CheckHost()
    let machine = Machine(host: host) { _ in }
    let program = try machine.compile(SourceText(report + code, name: "test.nns"))
    let error = #expect(throws: Diagnostic.self) { try machine.run(program) }
    #expect(error?.message.contains(message) ?? false, "\(error?.message ?? "")")
  }

  @Test func anUnexplainedGradientShowsItsWorstElements() throws {
    let code = report + "check h' @ (p - y) + randn(5, 3) against L() wrt W_o"
    let found = try #require(try CheckHost.reports(code).first)
    #expect(found.fault == .unknown)
    #expect(found.lines.contains { $0.contains("numeric") && $0.contains("yours") })
    #expect(found.worst.count == 3)
  }

  @Test func kinksAreSkippedAndReported() throws {
    let code = "w = [0, 1, -2]\ncheck [0, 1, 0] against sum(relu(w)) wrt w"
    let found = try #require(try CheckHost.reports(code).first)
    #expect(found.isRight)
    #expect(found.differences.contains("at a kink"))
  }

  @Test func theLossMayBeAFunctionItself() throws {
    let found = try CheckHost.reports("a = [1, 2]\nfn L() = sum(a^2)\ncheck 2 * a against L wrt a")
    #expect(found.first?.isRight == true)
  }

  @Test func aLossWithRandomNumbersIsTheSameEachTime() throws {
    let code = "seed(1)\na = [1, 2, 3]\ncheck 2 * a against sum(a^2) + sum(randn(4)) wrt a"
    #expect(try CheckHost.reports(code).first?.isRight == true)
  }

  /// Ways to make a tensor in a loss, each with the gradient wrt x = [1, 2, 3], or wrt a = 2.
  @Test(arguments: [
    ("out = zeros(3)\n  out[:] = x * x\n  return sum(out)", "2 * x", "x"),
    ("out = ones(3)\n  out[0:3] *= x * x\n  return sum(out)", "2 * x", "x"),
    ("out = [0, 0, 0]\n  for i in 0..<3 { out[i] = x[i]^2 }\n  return sum(out)", "2 * x", "x"),
    ("out = full([3], 0.1)\n  out += x * x\n  return sum(out)", "2 * x", "x"),
    ("return sum(tensor([x[0], x[1], x[2]])^2)", "2 * x", "x"),
    ("return sum(stack([x, x])^2)", "4 * x", "x"),
    ("return sum(f32(x)^2)", "2 * x", "x"),
    ("return sum(eye(3) @ x * x)", "2 * x", "x"),
    ("return sum(one_hot([0, 2], 3) @ (x * x))", "2 * x * [1, 0, 1]", "x"),
    (
      "return sum(cumsum([1, 1, 1] * x) * x)",
      "[2 * x[0] + x[1] + x[2], x[0] + 2 * x[1] + x[2], x[0] + x[1] + 2 * x[2]]", "x"
    ),
    ("return sum(arange(3) * x * x)", "2 * arange(3) * x", "x"),
    ("return sum(linspace(0, 1, 3) * x * x)", "2 * linspace(0, 1, 3) * x", "x"),
    ("return sum((0..<3) * x * x)", "2 * [0, 1, 2] * x", "x"),
    ("return sum(where(x > 1, x * x, 0))", "where(x > 1, 2 * x, 0)", "x"),
    ("return mean(x > 0) * sum(x * x)", "2 * x", "x"),
    ("return [a, 1][0]^2", "2 * a", "a"),
    ("return sum(tensor([a, 1])^2)", "2 * a", "a"),
    ("return sum(([1, 2, 3] * a - [2, 4, 6.5])^2)", "-3", "a"),
    ("l = [1, 2]\n  l[0] = a * a\n  return l[0] * l[1]", "4 * a", "a"),
    ("r = {k: zeros(2)}\n  r.k[1] = a^3\n  return sum(r.k)", "3 * a^2", "a"),
  ])
  func allThatIsMadeWhileMeasuringIsFloat64(
    body: String, gradient: String, variable: String
  ) throws {
    let code =
      "x = [1, 2, 3]\na = 2\nfn L() {\n  \(body)\n}\n"
      + "check \(gradient) against L() wrt \(variable)"
    let found = try #require(try CheckHost.reports(code).first)
    #expect(found.isRight, "\(found.lines.joined(separator: "\n"))")
    #expect(found.measured > 0)
  }

  @Test func theRecordCountsWhatWasMeasured() throws {
    let code = "w = [0, 1, -2]\ncheck [0, 1, 0] against sum(relu(w)) wrt w"
    let found = try #require(try CheckHost.reports(code).first)
    guard case .record(let box) = found.value else {
      Issue.record("no record")
      return
    }
    #expect(box.content.names == ["ok", "error", "diagnosis", "detail", "measured", "skipped"])
    #expect((found.measured, found.skipped) == (2, 1))
  }

  @Test func aFunctionWithParametersIsNoLossAndTheCallIsProposed() throws {
    let machine = Machine(host: CheckHost.silent) { _ in }
    let program = try machine.compile(
      SourceText("W = [1, 2]\nfn L(q) = sum(W * q)\ncheck W against L wrt W", name: "test.nns"))
    let error = #expect(throws: Diagnostic.self) { try machine.run(program) }
    #expect(error?.rendered().contains("L(q)") == true)
  }
}
