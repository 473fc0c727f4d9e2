import Console
import Datasets
import Language
import Networks
import Syntax
import Tensors

extension Command {
  /// Looking at values.
  static let looking: [Command] = [show, describe]

  static let show = Command(
    "show", "looks at a value: a network's layers, images, weights, a confusion matrix, mistakes",
    details: """
      A network is shown as a table of its layers; a split, a stack of images, the weights of a \
      convolution or a matrix whose rows or columns are square images as pictures, in colour \
      where the last axis has 3 or 4 channels; a small square matrix of counts as a confusion \
      matrix, any other matrix as a picture; a table by its first rows; a record or a list of records \
      as a table. What a tensor is taken for is told; as= chooses. `show mistakes of NET on SPLIT` shows the \
      examples that the network is most certain and most wrong about. `show NET on DATA` draws the \
      regions of its classes over inputs of two numbers, with the examples; `show saliency of NET on \
      x[3]` which parts of an example decide its class: how much each changes its logarithm.
      """,
    arguments: [
      .slot("value", .any, words: ["mistakes", "saliency"], "what to look at"),
      .slot("count", .integer, default: .computed("what fits"), "how many pictures or rows"),
      .slot(
        "net", after: "of", .network, default: .computed("none"),
        "with mistakes or saliency: whose"),
      .slot(
        "split", after: "on", .split, default: .computed("none"),
        "with mistakes or a network: on what; with saliency: one example"),
      .option(
        "as", .choice(Showing.forms), default: .computed("by its shape"),
        "what a tensor is shown as"),
    ],
    examples: [
      .init(
        "net = dense(784, 10) |> softmax\nshow net",
        """
        layer           output  parameters
        dense(784, 10)  N×10          7850
        softmax         N×10             0
        total                         7850
        """),
      .init("show {loss: 0.25, accuracy: 0.9}", "loss      0.25\naccuracy   0.9"),
    ],
    seeAlso: ["plot", "describe", "test"]
  ) { context in
    let count = try context.count("count")
    if case .word(let word, _) = context.command.first("value") {
      try context.show {
        word == "saliency"
          ? try Saliency(context).exhibits() : try Mistakes(context).exhibits(count: count)
      }
      return nil
    }
    if context.has("net") {
      throw RuntimeError.other(
        "`of` belongs to mistakes and saliency", hint: "write show mistakes of NET on SPLIT")
    }
    let value = try context.requiredValue("value")
    if context.has("split") {
      guard case .network(let box) = value else {
        throw context.mismatch("value", "a network, before on", value)
      }
      try context.show { try DecisionRegions(context, box.content.network).exhibits() }
      return nil
    }
    try context.show { try Showing(context, count: count).exhibits(value) }
    return nil
  }
}

/// How `show` draws each kind of value.
struct Showing {
  let context: CommandContext
  let count: Int?
  let width: Int
  /// What tensors are shown as; nil for what their shape speaks for.
  let form: Form?

  init(_ context: CommandContext, count: Int?) throws {
    self.context = context
    self.count = count
    form = try context.hasOption("as") ? context.word("as").flatMap(Form.init(rawValue:)) : nil
    width = context.width
  }

  func exhibits(_ value: Value) throws -> [Exhibit] {
    if let form {
      guard let tensor = try value.asTensor() else {
        throw RuntimeError.other(
          "show: as=\(form.rawValue) needs a tensor, not \(value.kindPhrase)", hint: nil)
      }
      return try self.tensor(tensor, as: form)
    }
    switch value {
    case .network(let box):
      return [.table(Self.summary(box.content.network))]
    case .dataSet(let box):
      return [.lines([box.content.summary])]
        + (try split(box.content.train, names: box.content.names))
    case .split(let box): return try split(box.content, names: try classNames())
    case .record(let box): return record(box.content)
    case .list(let box):
      let records = box.content.compactMap { item -> Record? in
        if case .record(let box) = item { box.content } else { nil }
      }
      if !records.isEmpty, records.count == box.content.count { return table(records) }
      if let tensor = try value.asWholeTensor() { return try self.tensor(tensor) }
      return [text(value)]
    case .tensor(let box): return try tensor(box.content)
    case .table(let box):
      let rows = count ?? 20
      return [
        .form(
          lines: [box.content.display(context.session.displayStyle, rows: rows)],
          box.content.richForm(rows: rows))
      ]
    default: return [text(value)]
    }
  }

  /// A value as its echo shows it.
  func text(_ value: Value) -> Exhibit {
    .lines([value.display(context.session.displayStyle)])
  }

  // MARK: networks

  static func summary(_ network: Network) -> Table {
    var table = Table([("layer", .left), ("output", .left), ("parameters", .right)])
    for row in network.summary() {
      table.append([row.layer, row.output, "\(row.parameters)"])
    }
    table.append(["total", "", "\(network.parameterCount)"])
    return table
  }

  // MARK: records

  private func record(_ record: Record) -> [Exhibit] {
    var table = Table([("", .left), ("", .right)])
    for (name, value) in zip(record.names, record.values) where name != "confusion" {
      table.append([name, Self.cell(value)])
    }
    guard let confusion = record["confusion"], case .tensor(let box) = confusion else {
      return [.table(table)]
    }
    let names = Self.strings(record["names"])
    return [.table(table), .table(ConfusionTable(box.content, names: names).table)]
  }

  private func table(_ records: [Record]) -> [Exhibit] {
    var names: [String] = []
    for record in records {
      for name in record.names where !names.contains(name) { names.append(name) }
    }
    var table = Table(
      names.map { name in
        let isNumber = records.allSatisfy { record in
          if case .number = record[name] { true } else { record[name] == nil }
        }
        return (name, isNumber ? .right : .left)
      })
    for record in records.prefix(count ?? 50) {
      table.append(names.map { record[$0].map(Self.cell) ?? "" })
    }
    let rest = records.count - (count ?? 50)
    return [.table(table), .lines(rest > 0 ? ["… \(rest) more rows"] : [])]
  }

  private static func cell(_ value: Value) -> String {
    switch value {
    case .number, .bool, .string: value.printed
    case .none: "none"
    default: value.kindName + " " + ValueMeasure(value).extent
    }
  }

  static func strings(_ value: Value?) -> [String] {
    guard case .list(let box) = value else { return [] }
    return box.content.map(\.printed)
  }

  // MARK: images

  /// The names of the classes, where the split is written as a data set's field.
  private func classNames() throws -> [String] {
    guard case .thunk(let thunk) = context.command.first("value"),
      case .field(let owner, _) = thunk.expression.kind, case .name(let name) = owner.kind,
      case .dataSet(let box)? = context.machine.globals[name]
    else { return [] }
    return box.content.names
  }

  private func split(_ split: Split, names: [String]) throws -> [Exhibit] {
    guard let images = split.images else {
      return try ValueDescription(.split(Box(split))).exhibits
    }
    let labels = try split.labels?.guardedDoubles() ?? []
    return try gallery(images) { row in
      guard labels.indices.contains(row), let label = Int(exactly: labels[row]) else { return "" }
      return names.indices.contains(label) ? names[label] : "\(label)"
    }
  }
}

extension Value {
  /// The value as one tensor; nil where it is none, also for a list of tensors that do not stack.
  func asWholeTensor() throws -> Tensor? {
    do {
      return try asTensor()
    } catch let error where RuntimeError(error).isInterruption {
      throw error
    } catch {
      guard case .list = self else { throw error }
      return nil
    }
  }
}

/// How often each class was taken for each other: rows are the truth, columns the predictions.
struct ConfusionTable {
  private let counts: [Int]
  private let size: Int
  private let names: [String]

  init(_ tensor: Tensor, names: [String]) {
    counts = tensor.doubles().map { Int(exactly: $0) ?? 0 }
    size = tensor.shape.dimensions.first ?? 0
    self.names =
      names.count == size ? names : (0..<size).map { "\($0)" }
  }

  /// Whether a tensor looks like one: square, small, of counts, not all of which are 0 or 1.
  static func fits(_ tensor: Tensor) -> Bool {
    let sizes = tensor.shape.dimensions
    guard sizes.count == 2, sizes[0] == sizes[1], (2...20).contains(sizes[0]) else { return false }
    let numbers = tensor.doubles()
    return numbers.allSatisfy { $0 >= 0 && $0 < 1e9 && $0 == $0.rounded() }
      && numbers.contains { $0 > 1 }
  }

  var table: Table {
    var table = Table(
      [("true \\ predicted", .left)] + names.map { (TextLayout.cut($0, to: 8), .right) })
    for row in 0..<size {
      let cells = (0..<size).map { column -> String in
        let count = counts.indices.contains(row * size + column) ? counts[row * size + column] : 0
        return count == 0 ? "·" : "\(count)"
      }
      table.append([names[row]] + cells)
    }
    return table
  }
}
