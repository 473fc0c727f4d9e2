import Console
import Datasets
import Language
import Networks
import Plot
import Tensors

extension Command {
  static let describe = Command(
    "describe", "tells what a value is like: least, greatest, mean, spread, NaNs",
    details: """
      `describe NET on DATA` tells what each layer gives for the examples (the first 1000): mean and \
      spread, the share of dead units, which are 0 for every example, the share of saturated ones, \
      at the ends of tanh or sigmoid; and the gradients of the loss by each parameter.
      """,
    arguments: [
      .slot("value", .any, "a tensor, list, table, data set, network or record"),
      .slot(
        "split", after: "on", .split, default: .computed("none"),
        "with a network: the examples"),
    ],
    examples: [
      .init(
        "describe [1, 2, 3, 4]",
        """
        4 tensor f32
        min 1   max 4   mean 2.5   std 1.11803   NaN 0   infinite 0
        █               █               █               █
        1                                               4
        """)
    ],
    seeAlso: ["show", "who", "plot"]
  ) { context in
    let value = try context.requiredValue("value")
    if context.has("split") {
      guard case .network(let box) = value else {
        throw context.mismatch("value", "a network, before on", value)
      }
      let exhibits = try LayerActivity(context, box.content.network).exhibits()
      try context.show { exhibits }
      return nil
    }
    let exhibits = try ValueDescription(value).exhibits
    try context.show { exhibits }
    return nil
  }
}

/// What `describe` prints.
struct ValueDescription {
  let exhibits: [Exhibit]

  init(_ value: Value) throws {
    switch value {
    case .dataSet(let box): exhibits = try Self.dataSet(box.content)
    case .split(let box): exhibits = [.lines(try Self.split(box.content))]
    case .network(let box): exhibits = try Self.network(box.content.network)
    case .record(let box):
      var table = Table([("field", .left), ("kind", .left), ("shape", .left), ("value", .left)])
      for (name, value) in zip(box.content.names, box.content.values).prefix(Self.rowLimit) {
        table.append([
          Self.name(name), value.kindName, ValueMeasure(value).extent,
          ShortValue.text(of: value, width: 40),
        ])
      }
      exhibits = [.table(table, isCut: false), .lines(Self.rest(box.content.names.count))]
    case .table(let box): exhibits = try TableDescription(box.content).exhibits
    case .string(let box):
      exhibits = [.lines(["string of \(box.count) character\(box.count == 1 ? "" : "s")"])]
    case .number, .bool, .none, .function, .optimizer, .schedule:
      exhibits = [.lines(["\(value.kindName) \(value.display())"])]
    default:
      guard let tensor = try value.asWholeTensor() else {
        exhibits = [.lines(["\(value.kindName) \(ValueMeasure(value).extent)"])]
        return
      }
      exhibits = [.lines(try Self.tensor(tensor))]
    }
  }

  /// Longer tables are read by a program, not by a person.
  private static let rowLimit = 100

  private static func name(_ name: String) -> String {
    TextLayout.cut(EscapeCodes.shown(name), to: 40)
  }

  /// The line about what a table leaves out.
  private static func rest(_ count: Int) -> [String] {
    let rest = count - rowLimit
    return rest > 0 ? ["… and \(rest) more"] : []
  }

  private static func tensor(_ tensor: Tensor) throws -> [String] {
    let numbers = try NumberBlocks(tensor)
    let summary = try NumberSummary(numbers)
    var lines = ["\(tensor.shape) tensor \(tensor.elementType)", summary.line]
    guard summary.finiteCount > 1, summary.least < summary.greatest else { return lines }
    let histogram = try Histogram(
      numbers, in: summary.least...summary.greatest, bins: 49)
    lines += histogram.lines(height: summary.finiteCount > 50 ? 3 : 1).map(trimmed)
    let (left, right) = (summary.least.displayed, summary.greatest.displayed)
    let gap = String(repeating: " ", count: max(1, 49 - left.count - right.count))
    return lines + [left + gap + right]
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }

  private static func dataSet(_ set: DataSet) throws -> [Exhibit] {
    var exhibits = [Exhibit.lines([set.summary])]
    if set.hasClasses {
      var table = Table(
        [("class", .left), ("train", .right), ("valid", .right), ("test", .right)])
      let counts = [set.train, set.valid, set.test].map { classCounts($0, set.targetCount) }
      for index in 0..<min(set.targetCount, rowLimit) {
        let name = set.names.indices.contains(index) ? set.names[index] : "\(index)"
        table.append([Self.name(name)] + counts.map { "\($0[index])" })
      }
      exhibits += [.table(table, isCut: false), .lines(rest(set.targetCount))]
    }
    let inputs = try "x of train: " + NumberSummary(NumberBlocks(set.train.x)).line
    return exhibits + [.lines([inputs])]
  }

  private static func classCounts(_ split: Split, _ classes: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes)
    for label in split.labels?.doubles() ?? [] {
      if let index = Int(exactly: label), counts.indices.contains(index) { counts[index] += 1 }
    }
    return counts
  }

  private static func split(_ split: Split) throws -> [String] {
    let labels = split.labels.map { " · labels \($0.shape)" } ?? ""
    let summary = try NumberSummary(NumberBlocks(split.x))
    return [
      "split of \(split.count) examples: x \(split.x.shape) · y \(split.y.shape)\(labels)",
      "x: " + summary.line,
    ]
  }

  private static func network(_ network: Network) throws -> [Exhibit] {
    var table = Table([
      ("parameter", .left), ("shape", .left), ("min", .right), ("max", .right), ("mean", .right),
      ("std", .right), ("NaN", .right),
    ])
    for parameter in network.parameters {
      let summary = try NumberSummary(NumberBlocks(parameter.tensor))
      table.append([
        parameter.name, "\(parameter.tensor.shape)", summary.short(summary.least),
        summary.short(summary.greatest), summary.short(summary.mean),
        summary.short(summary.deviation), "\(summary.nanCount)",
      ])
    }
    return [.lines([network.description]), .table(table, isCut: false)]
  }
}

/// Least, greatest, mean, standard deviation (of the whole, divided by n) of the finite numbers.
struct NumberSummary {
  private(set) var least = Double.infinity
  private(set) var greatest = -Double.infinity
  private(set) var mean = 0.0
  private(set) var deviation = 0.0
  private(set) var nanCount = 0
  private(set) var infiniteCount = 0
  private(set) var finiteCount = 0

  init(_ numbers: NumberBlocks) throws {
    // Welford's method: no catastrophic cancellation.
    var squares = 0.0
    try numbers.forEach { _, block in
      for number in block { append(number, &squares) }
    }
    deviation = finiteCount > 0 ? (squares / Double(finiteCount)).squareRoot() : 0
  }

  private mutating func append(_ number: Double, _ squares: inout Double) {
    guard number.isFinite else {
      if number.isNaN { nanCount += 1 } else { infiniteCount += 1 }
      return
    }
    finiteCount += 1
    least = min(least, number)
    greatest = max(greatest, number)
    let difference = number - mean
    mean += difference / Double(finiteCount)
    squares += difference * (number - mean)
  }

  var line: String {
    let counts = "NaN \(nanCount)   infinite \(infiniteCount)"
    guard finiteCount > 0 else { return "no finite number   " + counts }
    return "min \(least.displayed)   max \(greatest.displayed)   mean \(mean.displayed)   "
      + "std \(deviation.displayed)   " + counts
  }

  func short(_ number: Double) -> String {
    finiteCount > 0 ? NumberForm.significant(number, 4) : "-"
  }
}
