import Files
import Language
import Networks
import Syntax
import Tensors

/// A `minimize` in a file: its variables as a session's, the command as it was written, and where
/// it stands.
struct MinimizeCheckpoint {
  private static let prefix = "minimize."
  private let statement: String
  private let numbers: [Double]
  private let seed: UInt64
  private let rule: String
  private let losses: [Double]
  private let validationLosses: [Double]
  private let best: [Tensor]
  private let buffers: [[Tensor]]

  // MARK: writing

  /// The command from its name to the end of its last argument.
  static func statement(_ command: RunningCommand) -> String {
    let start = command.name.span.start
    var end = command.inputs.map(\.input.span.end).max() ?? command.name.span.end
    func text() -> String { command.source.text(in: Span(start, end)) }
    // A span may leave out the parentheses around an argument.
    while end < command.source.bytes.count,
      text().filter({ $0 == "(" }).count
        > text().filter({ $0 == ")" }).count
    {
      end += 1
    }
    return text()
  }

  static func write(_ run: MinimizeRun, to path: String) throws {
    guard NetworkFile.holdsTraining(path) else {
      throw RuntimeError.other(
        "minimize saves to a file that ends in .nnsh, and \(path) does not", hint: nil)
    }
    let variables = try (run.variables ?? []).map { name -> (name: String, value: Value) in
      guard let value = run.machine.globals[name] else { throw RuntimeError.unknownName(name) }
      return (name, value)
    }
    let (contents, leftOut) = try SessionFile.contents(of: variables, run.machine.random)
    if let (name, reason) = leftOut.first {
      throw RuntimeError.other("\(name) cannot be saved: it holds \(reason)", hint: nil)
    }
    guard case .parameters(var tensors, var notes, _) = contents else { return }
    if !run.isAtEnd {
      notes[prefix + "statement"] = run.statement
      notes[prefix + "seed"] = String(run.seed)
      notes[prefix + "rule"] = run.optimizer.state.rule
      tensors += try self.tensors(of: run)
    }
    try FileWriter.write(
      .parameters(tensors, notes: notes), calledBy: "the variables of minimize", to: path)
  }

  private static func tensors(of run: MinimizeRun) throws -> [NamedTensor] {
    func row(_ name: String, _ numbers: [Double]) throws -> NamedTensor {
      NamedTensor(
        name: prefix + name,
        tensor: try Tensor(doubles: numbers, Shape(checking: [numbers.count]), elementType: .f64))
    }
    let state = run.state
    var tensors = [
      try row(
        "position",
        [
          Double(state.epoch), Double(state.step), state.lossSum, Double(state.rows),
          Double(state.stale), state.best?.loss ?? .nan, Double(state.best?.epoch ?? 0),
          Double(run.optimizer.state.steps), state.seconds,
        ]),
      try row("losses", state.losses), try row("val_losses", state.validationLosses),
    ]
    for (index, tensor) in (state.best?.parameters ?? []).enumerated() {
      tensors.append(NamedTensor(name: "\(prefix)best.\(index)", tensor: tensor))
    }
    for (index, buffers) in run.optimizer.state.buffers.enumerated() {
      for (place, tensor) in buffers.enumerated() {
        tensors.append(NamedTensor(name: "\(prefix)state.\(index).\(place)", tensor: tensor))
      }
    }
    return tensors
  }

  // MARK: reading

  /// What a file holds of one; nil where it holds none that has not come to its end.
  init?(from tensors: [NamedTensor], notes: [String: String]) {
    var found: [String: Tensor] = [:]
    for tensor in tensors where tensor.name.hasPrefix(Self.prefix) {
      found[String(tensor.name.dropFirst(Self.prefix.count))] = tensor.tensor
    }
    guard let statement = notes[Self.prefix + "statement"],
      let seed = notes[Self.prefix + "seed"].flatMap({ UInt64($0) }),
      let numbers = found["position"]?.doubles(), numbers.count == 9
    else { return nil }
    self.statement = statement
    self.numbers = numbers
    self.seed = seed
    rule = notes[Self.prefix + "rule"] ?? ""
    losses = found["losses"]?.doubles() ?? []
    validationLosses = found["val_losses"]?.doubles() ?? []
    var best: [Tensor] = []
    while let tensor = found["best.\(best.count)"] { best.append(tensor) }
    self.best = best
    var buffers: [[Tensor]] = []
    while let first = found["state.\(buffers.count).0"] {
      let second = found["state.\(buffers.count).1"]
      buffers.append([first] + (second.map { [$0] } ?? []))
    }
    self.buffers = buffers
  }

  /// As `after epoch 3`.
  var place: String { "after \(Int(numbers[0])) of its epochs or steps" }

  /// Runs the command again, from where it stands.
  func goOn(_ context: CommandContext) throws -> Value? {
    context.session.minimizeStart = self
    defer { context.session.minimizeStart = nil }
    let program = try context.machine.compile(SourceText(statement, name: "checkpoint"))
    guard program.statements.count == 1, case .command(let command) = program.statements[0].kind,
      command.name.text == "minimize"
    else {
      throw RuntimeError.other("the file's minimize cannot be read", hint: nil)
    }
    try context.machine.run(program)
    return context.machine.globals["ans"]
  }

  /// Gives a run that has not begun the place of this one.
  ///
  /// - Throws: where the run has other parameters.
  func restore(_ run: MinimizeRun) throws {
    let parameters = try run.gradient.parameters()
    let counts = numbers.map { Int(exactly: $0) ?? 0 }
    guard best.isEmpty || best.map(\.shape) == parameters.map(\.shape),
      buffers.isEmpty || buffers.map({ $0[0].shape }) == parameters.map(\.shape)
    else {
      throw RuntimeError.other(
        "the variables have other shapes than those that minimize was saved with",
        hint: "load the file again, and go on from there")
    }
    run.seed = seed
    run.state.epoch = counts[0]
    run.state.step = counts[1]
    run.state.lossSum = numbers[2]
    run.state.rows = counts[3]
    run.state.stale = counts[4]
    if !best.isEmpty { run.state.best = (numbers[5], counts[6], best) }
    run.state.losses = losses
    run.state.validationLosses = validationLosses
    run.state.seconds = numbers[8]
    run.optimizer.state.rule = rule
    run.optimizer.state.steps = counts[7]
    run.optimizer.state.buffers = buffers
  }
}
