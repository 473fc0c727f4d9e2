import Language
import Networks
import Tensors

/// What runs after every epoch: the block of `each { … }`, and the condition of `until=`.
///
/// Both see the epoch, the losses and the scores as variables; earlier values of these names come
/// back after each time.
struct EpochHooks {
  /// The variables that both see, whatever is trained.
  static let names =
    ["epoch", "net"]
    + ["", "val_"].flatMap { prefix in
      Measures.all.filter(\.isFollowed).map { prefix + $0.name }
    }

  private let machine: Machine
  private let session: Session
  private let block: Thunk?
  private let condition: Thunk?

  init(_ context: CommandContext) {
    machine = context.machine
    session = context.session
    block = Self.thunk("block", context)
    condition = Self.thunk("until", context)
  }

  private static func thunk(_ slot: String, _ context: CommandContext) -> Thunk? {
    if case .thunk(let thunk)? = context.command.first(slot) { thunk } else { nil }
  }

  var isEmpty: Bool { block == nil && condition == nil }

  /// Runs them.
  ///
  /// - Parameter variables: the names that are local to them; none where a value is missing.
  /// - Returns: whether training is to end.
  /// - Throws: `TensorError.interrupted` where a stop is asked for.
  func run(_ variables: [(name: String, value: Value)]) throws -> Bool {
    if isEmpty { return false }
    let saved = variables.map { ($0.name, machine.globals[$0.name]) }
    let wasDefined = variables.map { machine.globals.isUserDefined($0.name) }
    defer {
      for ((name, value), wasDefined) in zip(saved, wasDefined) {
        machine.globals[name] = wasDefined ? value : nil
      }
    }
    for (name, value) in variables { machine.globals[name] = value }
    let outer = session.epochEnds
    session.epochEnds = false
    defer { session.epochEnds = outer }
    do {
      _ = try block?.evaluate()
      if session.epochEnds == true { return true }
      guard let condition else { return false }
      let value = try condition.evaluate()
      guard case .bool(let answer) = value else {
        throw RuntimeError.other(
          "until= takes true or false, and its expression gives \(value.kindPhrase)",
          hint: "write until=(loss < 0.1)")
      }
      return answer
    } catch let error where RuntimeError(error).isInterruption {
      throw TensorError.interrupted
    }
  }
}

extension Command {
  static let stop = Command(
    "stop", "ends training after this epoch, in the block of train … each { … }",
    details: "What the epoch has learnt is kept; the rest of the block still runs.",
    examples: [
      .init(
        """
        d = dataset([[0], [1]], [[0], [1]])
        net = dense(1, 1)
        train net on d epochs=100 each { if epoch == 3 { stop } }
        len(net.history.loss)
        """, "3")
    ],
    seeAlso: ["train", "minimize"]
  ) { context in
    guard context.session.epochEnds != nil else {
      throw RuntimeError.other(
        "stop belongs in the block that runs after every epoch",
        hint: "write train net on d each { if loss < 0.1 { stop } }")
    }
    context.session.epochEnds = true
    return nil
  }

  /// What `train` and `minimize` run after every epoch.
  static let hookArguments: [Argument] = [
    .slot(
      "block", after: "each", .block, default: .computed("nothing"),
      "runs after every epoch, with epoch, loss and the scores as variables"),
    .option(
      "until", .any, default: .computed("never"),
      "ends training after the epoch in which it is true, as (loss < 0.1)"),
  ]
}
