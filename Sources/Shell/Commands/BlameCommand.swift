import Console
import Datasets
import Language
import Networks
import Syntax
import Tensors

extension Command {
  static let blame = Command(
    "blame", "which rows of training moved a weight, or made an answer",
    details: """
      blame net.W2[3, 7] follows the last training again and tells for each row, and each class, how \
      far it moved that weight: exact for sgd, with momentum; of adam, adamw, rmsprop and adagrad as \
      their steps went. What a penalty did, what momentum of an earlier training still did, and the \
      rest stand below. blame letters.test[17] tells which rows made the answer to that example: \
      those whose gradients agreed with its own at the weights of the very step (TracIn; Pruthi et \
      al., 2020); a pull is how far the steps along a row's gradients would have lowered the answer's \
      loss. The network of an answer is the one that was trained last, or of net names another. \
      Rows are told apart in every layer but those that look at whole batches, as batch_norm; they \
      count from 0, as in letters.train.
      """,
    arguments: [
      .slot("what", .any, "an element of a parameter, or a row of a data set"),
      .slot(
        "net", after: "of", .network, default: .computed("the one that was trained last"),
        "whose answer it is"),
      .option("count", .integer, default: .number(5), "how many rows are shown"),
    ],
    result: "a record {rows, moved, …}",
    examples: [
      .init(
        """
        d = dataset([[0, 1], [1, 0], [0, 2], [2, 0]], [0, 1, 0, 1])
        net = dense(2, 2) |> softmax
        train net on d epochs=3
        w = at(net, 0).W1[0, 1]
        r = blame net.W1[0, 1]
        abs(sum(r.moved) + r.rest - (net.W1[0, 1] - w)) < 1e-6
        """, "true")
    ],
    seeAlso: ["at", "diff", "show", "train"]
  ) { context in
    guard case .thunk(let thunk)? = context.command.first("what") else {
      throw RuntimeError.other("blame needs a weight or an example", hint: Self.blameForms)
    }
    let count = try context.count("count") ?? 5
    let (base, indices) = try context.element(thunk)
    if case .field(let owner, let name) = base.kind,
      case .network(let box) = try context.value(of: owner, in: thunk)
    {
      if context.has("net") {
        throw RuntimeError.other(
          "of NET belongs to an answer, and \(context.sourceText(.thunk(thunk))) is a weight",
          hint: Self.blameForms)
      }
      return try WeightBlameReport(context, box.content.network, name.text, indices)
        .show(count: count)
    }
    return try context.blameAnswer(base, indices, thunk, count: count)
  }

  fileprivate static let blameForms = "write blame net.W2[3, 7], or blame letters.test[17]"
}

extension CommandContext {
  /// What an argument takes an element of, and which.
  fileprivate func element(_ thunk: Thunk) throws -> (base: Expression, indices: [Int]) {
    var indices: [Int] = []
    var base = thunk.expression
    while case .index(let inner, let subscripts) = base.kind {
      let own = try subscripts.map { part -> Int in
        guard case .index(let expression) = part,
          let number = try value(of: expression, in: thunk).asNumber(),
          let index = Int(exactly: number)
        else {
          throw RuntimeError.other(
            "blame takes one element, by whole numbers", hint: Command.blameForms)
        }
        return index
      }
      indices = own + indices
      base = inner
    }
    return (base, indices)
  }

  /// The value of a part of an argument.
  fileprivate func value(of expression: Expression, in thunk: Thunk) throws -> Value {
    try machine.evaluate(expression, in: thunk.source, variables: [])
  }

  fileprivate func blameAnswer(
    _ base: Expression, _ indices: [Int], _ thunk: Thunk, count: Int
  ) throws -> Value {
    guard indices.count == 1 else {
      throw RuntimeError.other(
        "blame takes an element of a parameter or a row of a data set, not "
          + sourceText(.thunk(thunk)), hint: Command.blameForms)
    }
    let place: Place
    if has("net") {
      place = try self.place("net")
    } else if let last = session.lastTrained {
      place = last
    } else {
      throw RuntimeError.other("no network has been trained yet", hint: "train net on DATA first")
    }
    let network = try network(in: place)
    let data = try EvaluationData(value(of: base, in: thunk), slot: "what", self)
    let row = try Self.index(indices[0], of: data.split.count, "row")
    return try AnswerBlameReport(
      self, network, named: place.description, try data.split.rows(row..<row + 1),
      example: sourceText(.thunk(thunk))
    ).show(count: count)
  }

  /// An index that may count from the end.
  fileprivate static func index(_ index: Int, of count: Int, _ what: String) throws -> Int {
    let place = index < 0 ? index + count : index
    guard (0..<count).contains(place) else {
      throw RuntimeError.other(
        "there is no \(what) \(index): they go from 0 to \(count - 1)", hint: nil)
    }
    return place
  }
}

/// Rows of training with what each has done, by classes and one by one.
private struct BlamedRows {
  let amounts: [Double]
  /// The class of each row; nil where rows have none.
  private let classes: [Int]?
  private let names: [String]

  init(_ amounts: [Double], _ targets: Tensor, names: [String]) throws {
    self.amounts = amounts
    self.names = names
    switch TargetKind(targets) {
    case .oneHot where targets.rank == 2:
      classes = try targets.argmax(axis: 1).mapElements { Int($0) }
    case .bits where targets.count == amounts.count:
      classes = try targets.mapElements { Int($0) }
    default: classes = nil
    }
  }

  func name(ofRow row: Int) -> String {
    guard let classes else { return "" }
    return name(classes[row])
  }

  func name(_ label: Int) -> String { names.indices.contains(label) ? names[label] : "\(label)" }

  /// How many rows each class has and what they have done together, the strongest first.
  var byClass: [(label: Int, rows: Int, amount: Double)] {
    guard let classes else { return [] }
    var sums: [Int: (rows: Int, amount: Double)] = [:]
    for (label, amount) in zip(classes, amounts) {
      sums[label, default: (0, 0)].rows += 1
      sums[label, default: (0, 0)].amount += amount
    }
    return sums.map { ($0.key, $0.value.rows, $0.value.amount) }
      .sorted { (-abs($0.amount), $0.label) < (-abs($1.amount), $1.label) }
  }

  /// Rows in the order of what they have done, by a measure of it.
  func strongest(_ count: Int, by measure: (Double) -> Double) -> [Int] {
    Array(
      amounts.indices.filter { measure(amounts[$0]) > 0 }
        .sorted { (-measure(amounts[$0]), $0) < (-measure(amounts[$1]), $1) }.prefix(count))
  }

  func classTable(_ heading: String) -> Table? {
    guard !byClass.isEmpty else { return nil }
    var table = Table([("class", .left), ("rows", .right), (heading, .right)])
    for (label, rows, amount) in byClass {
      table.append([name(label), "\(rows)", BlamedRows.signed(amount)])
    }
    return table
  }

  func rowTable(_ rows: [Int], _ heading: String) -> Table {
    var table = Table(
      [("row", .right)] + (classes == nil ? [] : [("class", .left)]) + [(heading, .right)])
    for row in rows {
      table.append(
        ["\(row)"] + (classes == nil ? [] : [name(ofRow: row)]) + [BlamedRows.signed(amounts[row])])
    }
    return table
  }

  static func signed(_ amount: Double) -> String {
    let size = abs(amount)
    let text = size < 1e-9 ? "0.0000" : NumberForm.loss(size)
    return (amount < 0 && size >= 1e-9 ? "-" : "+") + text
  }

  static func numbers(_ values: [Double]) -> Value { .items(values.map { .number($0) }) }
}

/// What `blame net.W2[3, 7]` tells.
private struct WeightBlameReport {
  private let context: CommandContext
  private let blame: WeightBlame
  private let rows: BlamedRows
  private let name: String

  init(
    _ context: CommandContext, _ network: Network, _ parameter: String, _ indices: [Int]
  ) throws {
    self.context = context
    let tensor = try network.parameter(parameter)
    let sizes = tensor.shape.dimensions
    guard indices.count == sizes.count else {
      throw RuntimeError.other(
        "blame takes one element, and \(parameter) has \(sizes.count) "
          + (sizes.count == 1 ? "axis" : "axes"),
        hint: "write blame net.\(parameter)[\(sizes.map { _ in "0" }.joined(separator: ", "))]")
    }
    var element = 0
    for (axis, size) in sizes.enumerated() {
      element = element * size + (try CommandContext.index(indices[axis], of: size, "element"))
    }
    name =
      "net.\(parameter)[\(indices.map(String.init).joined(separator: ", "))]"
    blame = try network.blame(parameter: parameter, element: element)
    rows = try BlamedRows(blame.rows, blame.targets, names: network.names)
  }

  /// Whether a number counts beside what the weight has moved.
  private func counts(_ number: Double) -> Bool {
    abs(number) > 1e-5 * max(abs(blame.before), abs(blame.after), abs(blame.after - blame.before))
  }

  func show(count: Int) throws -> Value {
    let moved = blame.after - blame.before
    let source = context.command.first("what").map { context.sourceText($0) } ?? name
    context.say(
      "\(source)  \(NumberForm.fixed(blame.before, 4)) → \(NumberForm.fixed(blame.after, 4)) in "
        + "\(blame.epochs) epoch\(blame.epochs == 1 ? "" : "s"): \(BlamedRows.signed(moved))")
    let strongest = rows.strongest(count, by: abs)
    if strongest.isEmpty {
      context.say("no row has moved it")
    } else {
      try context.show {
        (rows.classTable("moved it by").map { [Exhibit.table($0)] } ?? []) + [
          .table(rows.rowTable(strongest, "moved it by"))
        ]
      }
    }
    var others: [String] = []
    if counts(blame.penalty) { others.append("penalty \(BlamedRows.signed(blame.penalty))") }
    if counts(blame.earlier) {
      others.append("momentum from before \(BlamedRows.signed(blame.earlier))")
    }
    others.append(
      counts(blame.rest)
        ? "unexplained rest \(BlamedRows.signed(blame.rest))"
        : "unexplained rest 0.0000, but for rounding")
    context.say(others.joined(separator: "   "))
    return value
  }

  private var value: Value {
    let order = rows.strongest(rows.amounts.count, by: abs)
    return .fields([
      ("before", .number(blame.before)), ("after", .number(blame.after)),
      ("rows", BlamedRows.numbers(order.map(Double.init))),
      ("moved", BlamedRows.numbers(order.map { blame.rows[$0] })),
      ("classes", .fields(rows.byClass.map { (rows.name($0.label), .number($0.amount)) })),
      ("penalty", .number(blame.penalty)), ("earlier", .number(blame.earlier)),
      ("rest", .number(blame.rest)), ("exact", .bool(blame.isExact)),
    ])
  }
}

/// What `blame letters.test[17]` tells.
private struct AnswerBlameReport {
  private let context: CommandContext
  private let heading: String
  private let answer: Value
  private let blame: AnswerBlame
  private let rows: BlamedRows

  init(
    _ context: CommandContext, _ network: Network, named name: String, _ split: Split,
    example: String
  ) throws {
    self.context = context
    let inputs = split.inputs(for: network)
    let measured = try network.measured(inputs, split.y)
    let given = try measured.predictions.guardedDoubles()
    let wanted = try measured.targets.guardedDoubles()
    // Of a class the answer itself is followed, right or wrong; of numbers what they should be.
    var target = measured.targets
    var words: String
    switch measured.task {
    case .classes where measured.targets.rank == 2:
      func largest(_ numbers: [Double]) -> Int {
        numbers.indices.max { numbers[$0] < numbers[$1] } ?? 0
      }
      func title(_ label: Int) -> String {
        network.names.indices.contains(label) ? network.names[label] : "\(label)"
      }
      let (guess, truth) = (largest(given), largest(wanted))
      target = try Tensor(
        doubles: given.indices.map { $0 == guess ? 1 : 0 }, target.shape, elementType: .f32)
      words =
        "\(name) takes \(example) for \(title(guess)) (\(NumberForm.percent(given[guess])))"
        + (guess == truth ? ", which is right" : ", and it is \(title(truth))")
      answer = .text(title(guess))
    case .binary:
      let guess = given[0] > 0.5 ? 1.0 : 0
      target = try Tensor(doubles: [guess], target.shape, elementType: .f32)
      words =
        "\(name) gives \(NumberForm.fixed(given[0], 4)) for \(example)"
        + (guess == wanted[0] ? ", which is right" : ", and it is \(wanted[0].displayed)")
      answer = .number(given[0])
    default:
      func list(_ numbers: [Double]) -> String {
        numbers.prefix(6).map { NumberForm.significant($0, 4) }.joined(separator: ", ")
          + (numbers.count > 6 ? ", …" : "")
      }
      words = "\(name) gives \(list(given)) for \(example), where the target is \(list(wanted))"
      answer = Value(measured.predictions)
    }
    heading = words
    blame = try network.blame(answer: target, to: inputs)
    rows = try BlamedRows(blame.rows, blame.targets, names: network.names)
  }

  func show(count: Int) throws -> Value {
    context.say(heading)
    let (made, against) = (
      rows.strongest(count, by: { $0 }), rows.strongest(count, by: { -$0 })
    )
    try context.show {
      var shown: [Exhibit] = rows.classTable("pull").map { [.table($0)] } ?? []
      shown.append(.lines(["rows of training that made it"]))
      shown.append(.table(rows.rowTable(made, "pull")))
      if !against.isEmpty {
        shown.append(.lines(["rows of training against it"]))
        shown.append(.table(rows.rowTable(against, "pull")))
      }
      return shown
    }
    let fallen = blame.before - blame.after
    let sum = blame.rows.reduce(0, +)
    context.say(
      "its loss went from \(NumberForm.loss(blame.before)) to \(NumberForm.loss(blame.after)); "
        + (blame.isPlain
          ? "unexplained rest \(BlamedRows.signed(fallen - sum)), as pulls are first-order estimates"
          : "the pulls are those of plain gradient steps, and say only which rows weigh more"))
    if !blame.leftOut.isEmpty {
      context.note(
        "\(blame.leftOut.joined(separator: ", ")) "
          + (blame.leftOut.count == 1
            ? "is left out: its layer looks" : "are left out: their layers look")
          + " at whole batches, whose rows are not told apart"
      )
    }
    let order = rows.strongest(rows.amounts.count, by: abs)
    return .fields([
      ("answer", answer), ("rows", BlamedRows.numbers(made.map(Double.init))),
      ("against", BlamedRows.numbers(against.map(Double.init))),
      ("order", BlamedRows.numbers(order.map(Double.init))),
      ("moved", BlamedRows.numbers(order.map { blame.rows[$0] })),
      ("classes", .fields(rows.byClass.map { (rows.name($0.label), .number($0.amount)) })),
      ("loss", .items([.number(blame.before), .number(blame.after)])),
      ("rest", .number(fallen - sum)),
    ])
  }
}
