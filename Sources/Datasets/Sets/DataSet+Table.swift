import Files
import Tensors

extension DataSet {
  /// What becomes of rows and columns of a table in which values are missing.
  package enum MissingValues: Hashable, Sendable {
    /// An error: nothing is guessed unasked.
    case refused
    case dropped
    case filled(TablePreparation.Filling)
  }

  /// A data set of a table: some columns are to be predicted, all others are the inputs. All rows
  /// are in `train`; what is learnt from them is learnt anew when the set is split.
  ///
  /// A column of text becomes one column of 0 and 1 for each of its texts, in their order. Text to
  /// predict are classes, named in their order, as are truth values; numbers to predict follow the
  /// rules of `init(name:x:y:names:)`.
  ///
  /// - Parameter sizes: how many rows go to each part, in order; nil for all to train.
  package init(
    name: String = "data", table: [TableColumn], predicting targets: [String],
    missing: MissingValues, isScaled: Bool, sizes: PartSizes? = nil
  ) throws(DataError) {
    var table = table
    for target in targets where !table.contains(where: { $0.name == target }) {
      throw .unknownColumn(name: target, known: table.map(\.name))
    }
    if missing == .dropped { table = try table.withoutIncompleteRows() }
    let inputs = try TableInputs(
      table.filter { !targets.contains($0.name) }, refusesMissing: missing == .refused)
    let columns = try targets.map { (target) throws(DataError) in
      try TableTarget(table.first { $0.name == target })
    }
    let names = columns.count == 1 ? columns[0].names : []
    let y = try tensorResult { () throws(TensorError) in
      try columns.count == 1 ? columns[0].y : Tensor.stack(columns.map(\.y), axis: 1)
    }
    let split = try Split(
      place: name, x: inputs.x, targets: TargetColumns(y, names: names, place: name))
    var filling: TablePreparation.Filling?
    if case .filled(let rule) = missing { filling = rule }
    let all = try PartSizes(train: split.count, valid: 0, test: 0, of: split.count)
    try self.init(
      name: name, table: split.dealt(sizes ?? all),
      TablePreparation(filling: filling, isScaled: isScaled, columns: inputs.names),
      names: TargetColumns(y, names: names, place: name).names)
  }
}

/// The columns of a table that are inputs, as numbers.
private struct TableInputs {
  private(set) var names: [String] = []
  let x: Tensor

  /// So many different texts are names of rows rather than classes, where most rows differ.
  private static let mostTexts = 100

  init(_ columns: [TableColumn], refusesMissing: Bool) throws(DataError) {
    guard !columns.isEmpty else { throw .noInputs }
    var parts: [Tensor] = []
    for column in columns {
      let missing = column.missingCount
      if refusesMissing, missing > 0 {
        throw .missingValues(column: column.name, count: missing, isTarget: false)
      }
      switch column.content {
      case .numbers(let tensor):
        names.append(column.name)
        parts.append(
          try tensorResult { () throws(TensorError) in
            try tensor.cast(to: tensor.elementType.arithmetic)
          })
      case .texts(let texts):
        let classes = Set(texts.filter { !$0.isEmpty }).sorted()
        guard classes.count <= Self.mostTexts || classes.count <= texts.count / 2 else {
          throw .manyTexts(column: column.name, count: classes.count, rows: texts.count)
        }
        names += classes.map { "\(column.name)=\($0)" }
        parts += try Self.indicators(texts, classes)
      }
    }
    x = try tensorResult { () throws(TensorError) in try Tensor.stack(parts, axis: 1) }
  }

  /// A column of 0 and 1 for each class; nan in all where the text is missing.
  private static func indicators(
    _ texts: [String], _ classes: [String]
  ) throws(DataError) -> [Tensor] {
    let bytes = texts.count.multipliedReportingOverflow(by: 4 * classes.count)
    try MemoryLimit.require(bytes.overflow ? .max : bytes.partialValue, for: "the table")
    return try classes.map { (name) throws(DataError) in
      try makeTensor(
        texts.map { $0.isEmpty ? .nan : $0 == name ? 1 : 0 as Float }, [texts.count])
    }
  }
}

/// A column of a table that is to be predicted.
private struct TableTarget {
  let y: Tensor
  /// The classes' names; empty where the column holds numbers.
  let names: [String]

  init(_ column: TableColumn?) throws(DataError) {
    guard let column else { throw .noInputs }
    let missing = column.missingCount
    if missing > 0 {
      throw .missingValues(column: column.name, count: missing, isTarget: true)
    }
    switch column.content {
    case .numbers(let tensor) where tensor.elementType == .bool:
      names = ["false", "true"]
      y = try tensorResult { () throws(TensorError) in try tensor.cast(to: .f32) }
    case .numbers(let tensor): (y, names) = (tensor, [])
    case .texts(let texts):
      let classes = Set(texts).sorted()
      var labels: [String: Float] = [:]
      for (label, name) in classes.enumerated() { labels[name] = Float(label) }
      names = classes
      y = try makeTensor(texts.map { labels[$0] ?? 0 }, [texts.count])
    }
  }
}

extension TableColumn {
  /// How many of its values are missing.
  package var missingCount: Int { missing.count { $0 } }

  /// Whether a value is missing, row by row.
  fileprivate var missing: [Bool] {
    switch content {
    case .numbers(let tensor): tensor.doubles().map(\.isNaN)
    case .texts(let texts): texts.map(\.isEmpty)
    }
  }
}

extension [TableColumn] {
  /// The rows in which no value is missing.
  fileprivate func withoutIncompleteRows() throws(DataError) -> [TableColumn] {
    var isComplete = [Bool](repeating: true, count: first?.count ?? 0)
    for column in self {
      for (row, isMissing) in column.missing.enumerated() where isMissing {
        isComplete[row] = false
      }
    }
    let rows = isComplete.indices.filter { isComplete[$0] }
    guard !rows.isEmpty else { throw .noExamples(place: "the table, without incomplete rows,") }
    return try map { (column) throws(DataError) in
      switch column.content {
      case .texts(let texts):
        return TableColumn(name: column.name, content: .texts(rows.map { texts[$0] }))
      case .numbers(let tensor):
        let chosen = try tensorResult { () throws(TensorError) in
          try tensor.subscripted([
            .gather(Tensor(doubles: rows.map(Double.init), elementType: .f64))
          ])
        }
        return TableColumn(name: column.name, content: .numbers(chosen))
      }
    }
  }
}
