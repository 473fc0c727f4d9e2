import Datasets
import Files
import Language
import Tensors

/// Data sets of arrays, of tables, and of parts that were made apart.
extension Builtin {
  static let dataset = Builtin(
    Declaration(
      "dataset", group: .data, "a data set of your own arrays or of a table",
      details: """
        All rows are in .train; split(d, …) deals them out. Whole labels from 0, or one-hot rows, \
        are classes; anything else in y is numbers to predict. Of a table y names the column to \
        predict, or several, and all others are inputs: a column of text becomes a column of 0 and \
        1 for each of its texts, text to predict are classes. What fills missing numbers, and the \
        range that scale brings to 0…1, are learnt from the rows of train alone, after a split \
        too. Parts made apart are joined by a record {train: {x: …, y: …}, valid: …, test: …}.
        """,
      parameters: [
        Parameter("x", .any, "examples N×F, images N×H×W, a table, or a record of parts"),
        Parameter(
          "y", .any, default: .computed("in the parts"), isAwaited: true,
          "labels N, numbers or strings, one-hot rows N×K, numbers to predict; of a table, a "
            + "column's name"),
        Parameter("names", .list, default: Parameter.Default.none, "the names of the classes"),
        Parameter(
          "missing", .any, default: .computed("an error"),
          "of a table: \"mean\", \"median\" or a number fills, \"drop\" leaves the rows out"),
        Parameter("scale", .bool, default: .bool(false), "of a table: numbers to 0…1"),
        Parameter(
          "weights", .tensor, default: .computed("all alike"),
          "how much each row counts in a training's loss, N; not of a table"),
      ],
      result: "a data set",
      examples: [
        .init(
          "dataset([[0, 0], [1, 1]], [0, 1], names=[\"no\", \"yes\"])",
          "data  2 features, 2 classes (no, yes)   train 2"),
        .init(
          "dataset([[0], [1], [2]], [\"dog\", \"cat\", \"dog\"]).train.labels",
          "3 tensor f32\n  1  0  1"),
        .init(
          "t = table({age: [3, nan, 5], kind: [\"cat\", \"dog\", \"cat\"]})\n"
            + "d = dataset(t, y=\"kind\", missing=\"mean\", scale=true)\nd.train.x'",
          "1×3 tensor f32\n  0  0.5  1"),
        .init(
          "dataset({train: {x: [[1], [2]], y: [0, 1]}, test: {x: [[3]], y: [1]}})",
          "data  1 feature, 2 classes (0, 1)   train 2 · test 1"),
      ],
      seeAlso: ["split", "table", "batches", "one_hot"]),
    differentiation: .refused("a data set holds plain numbers")
  ) { arguments, _ in
    if arguments.isGiven(5), case .tensor = arguments[0] {
    } else if arguments.isGiven(5) {
      throw RuntimeError.other(
        "dataset: weights= belongs to x and y that are tensors",
        hint: "set them afterwards: d.train.weights = …")
    }
    switch arguments[0] {
    case .table(let box):
      return .dataSet(Box(try dataSet(of: [box.content], arguments)))
    case .record(let box): return .dataSet(Box(try dataSet(ofParts: box.content, arguments)))
    default: break
    }
    if let other = [3, 4].first(where: { arguments.isGiven($0) }) {
      throw RuntimeError.other(
        "dataset: \(arguments.declaration.parameters[other].name) belongs to a table",
        hint: "write table(x, names) first")
    }
    guard arguments.isGiven(1) else {
      throw RuntimeError.missingArgument(
        function: "dataset", parameter: "y", usage: arguments.declaration.signature)
    }
    let given = try arguments.isGiven(2) ? arguments.strings(2) : []
    let (y, names) = try arguments.labels(1, named: given)
    return .dataSet(
      Box(
        try DataSet(
          x: arguments.examples(0), y: y, names: names,
          weights: arguments.isGiven(5) ? arguments.tensor(5) : nil)))
  }

  // MARK: Tables

  /// A data set of a table, or of the rows of several as train, valid and test.
  private static func dataSet(
    of tables: [DataTable?], _ arguments: borrowing Arguments
  ) throws -> DataSet {
    guard arguments.isGiven(1) else {
      throw RuntimeError.other(
        "dataset: y names the column of the table that is to be predicted",
        hint: "write dataset(t, y=\"…\")")
    }
    if arguments.isGiven(2) {
      throw RuntimeError.other(
        "dataset: the classes of a table are named by what stands in it", hint: nil)
    }
    let missing = try arguments.missingValues(3)
    let counts = tables.map { $0?.count ?? 0 }
    if tables.count > 1, missing == .dropped {
      throw RuntimeError.other(
        "dataset: rows are left out of one table, not of several", hint: nil)
    }
    let whole = try DataTable.joined(tables.compactMap { $0 })
    let sizes =
      tables.count == 1
      ? nil
      : try DataSet.PartSizes(
        train: counts[0], valid: counts[1], test: counts[2], of: whole.count)
    return try DataSet(
      table: whole.fileColumns, predicting: arguments.columnNames(1), missing: missing,
      isScaled: arguments.bool(4), sizes: sizes)
  }

  // MARK: Parts

  /// A data set of a record of parts, each a record {x, y}, a part of another set, or a table.
  private static func dataSet(
    ofParts record: Record, _ arguments: borrowing Arguments
  ) throws -> DataSet {
    let known = ["train", "valid", "test"]
    if let other = record.names.first(where: { !known.contains($0) }) {
      throw RuntimeError.unknownField(other, of: "a data set", known: known)
    }
    guard record["train"] != nil else {
      throw RuntimeError.other(
        "dataset: the record lacks the part train",
        hint: "write dataset({train: {x: …, y: …}, valid: …, test: …})")
    }
    if case .table? = record["train"] {
      var tables: [DataTable?] = []
      for name in known {
        switch record[name] {
        case nil, .some(.none): tables.append(nil)
        case .table(let box)?: tables.append(box.content)
        default: throw arguments.mismatch(0, expected: "parts that are all tables")
        }
      }
      return try dataSet(of: tables, arguments)
    }
    var parts: [LabelledPart?] = []
    for name in known {
      switch record[name] {
      case nil, .some(.none): parts.append(nil)
      case let value?: parts.append(try part(value, named: name, arguments))
      }
    }
    guard let train = parts[0] else { throw arguments.mismatch(0, expected: "a record of parts") }
    return try DataSet.labelled(
      name: "data", train: train, valid: parts[1], test: parts[2],
      names: arguments.isGiven(2) ? arguments.strings(2) : [], cutsValidation: false)
  }

  private static func part(
    _ value: Value, named name: String, _ arguments: borrowing Arguments
  ) throws -> LabelledPart {
    switch value {
    case .split(let box):
      let split = box.content
      return LabelledPart(
        place: name, images: split.images ?? split.x, labels: split.labels ?? split.y,
        weights: split.weights)
    case .record(let box):
      guard let x = try box.content["x"]?.asExamples(),
        let y = try (box.content["y"] ?? box.content["labels"])?.asExamples()
      else {
        throw RuntimeError.other(
          "dataset: the part \(name) needs the tensors x and y", hint: "write {x: …, y: …}")
      }
      return LabelledPart(
        place: name, images: x, labels: y, weights: try box.content["weights"]?.asTensor())
    default:
      throw RuntimeError.other(
        "dataset: the part \(name) is a record {x, y}, not \(value.kindPhrase)", hint: nil)
    }
  }
}

extension Value {
  /// The numbers of examples; nil where this holds none.
  fileprivate func asExamples() throws -> Tensor? {
    if case .table(let box) = self { return try box.content.matrix() }
    return try asTensor()
  }
}

extension Arguments {
  /// A tensor, or a table's matrix.
  fileprivate func examples(_ index: Int) throws -> Tensor {
    guard let tensor = try self[index].asExamples() else {
      throw mismatch(index, expected: Parameter.Kind.tensor.phrase)
    }
    return tensor
  }

  /// What is to be predicted, with the names of its classes. Labels that are strings are classes by
  /// themselves, in the order of the alphabet unless `given` has another, as in a table's column.
  fileprivate func labels(
    _ index: Int, named given: [String]
  ) throws -> (y: Tensor, names: [String]) {
    guard case .list(let box) = self[index], case .string? = box.content.first else {
      return (try examples(index), given)
    }
    let texts = try strings(index)
    let names = given.isEmpty ? Set(texts).sorted() : given
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: min)
    let labels = try texts.map { text in
      guard let place = places[text] else {
        throw RuntimeError.other(
          "dataset: names has no \"\(text)\", and y has", hint: "leave names out, or add it")
      }
      return Double(place)
    }
    return (try Tensor(doubles: labels, elementType: .f32), names)
  }

  /// What becomes of missing values.
  fileprivate func missingValues(_ index: Int) throws -> DataSet.MissingValues {
    guard isGiven(index) else { return .refused }
    switch self[index] {
    case .number(let number): return .filled(.number(number))
    case .string(let box):
      switch box.content {
      case "mean": return .filled(.mean)
      case "median": return .filled(.median)
      case "drop": return .dropped
      default: break
      }
    case .none: return .refused
    default: break
    }
    throw mismatch(index, expected: "\"mean\", \"median\", \"drop\" or a number")
  }
}
