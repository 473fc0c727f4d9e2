import Tensors

extension DataSet {
  private static let mostUnnamedClasses = 1000

  /// A data set of arrays, all in `train`; x is taken as it is, without scaling.
  ///
  /// x: N×F; N (one feature); N×H×W or N×H×W×C (images). y: N labels 0, 1, 2, … (K is the number
  /// of names, or the largest label and one); N×K one-hot or probability rows; anything else is
  /// numbers to predict, as N×1 or N×K: fractions, negative numbers, 1000 and above without
  /// names, N×1 without names.
  ///
  /// Errors: x and y of different lengths, no rows, a label outside the named classes (with its
  /// row), names that do not match y's columns.
  package init(
    name: String = "data", x: Tensor, y: Tensor, names: [String] = []
  ) throws(DatasetError) {
    let columns = try TargetColumns(y, names: names, place: name)
    let train = try Split(place: name, x: x, targets: columns)
    self.init(
      name: name, train: train, valid: try train.rows(0..<0), test: try train.rows(0..<0),
      names: columns.names)
  }

  /// A data set of parts with labels; a missing validation part is cut from the end of train.
  ///
  /// Only the last sixth: 10,000 of MNIST's 60,000, the usual choice.
  static func labelled(
    name: String, train: LabelledPart, valid: LabelledPart?, test: LabelledPart?, names: [String]
  ) throws(DatasetError) -> DataSet {
    let given = [train, valid, test].compactMap { $0 }
    var names = names
    if names.isEmpty {
      let count = given.map(\.leastClassCount).max() ?? 1
      names = (0..<count).map(String.init)
    }
    var parts: [Split?] = []
    for part in [train, valid, test] {
      guard let part else {
        parts.append(nil)
        continue
      }
      let targets = try TargetColumns(part.labels, names: names, place: part.place)
      parts.append(try Split(place: part.place, x: part.images, targets: targets))
    }
    guard let whole = parts[0] else { throw .noExamples(place: name) }
    let kept = parts[1] == nil ? whole.count - whole.count / 6 : whole.count
    let (held, none) = (try whole.rows(kept..<whole.count), try whole.rows(0..<0))
    return DataSet(
      name: name, train: try whole.rows(0..<kept), valid: parts[1] ?? held,
      test: parts[2] ?? none, names: names)
  }
}

/// Images or other examples with their labels, before they become a `Split`.
struct LabelledPart {
  /// Where they come from, for messages.
  var place: String
  var images: Tensor
  var labels: Tensor

  private static let mostClasses = 65_536

  /// The largest label and one, or the columns of one-hot rows; labels that are none are found
  /// when the columns are made.
  var leastClassCount: Int {
    if labels.rank == 2 { return labels.shape[1] }
    let largest = labels.doubles().lazy.compactMap { Int(exactly: $0) }.max() ?? 0
    return min(max(largest, 0), Self.mostClasses - 1) + 1
  }
}

extension Split {
  /// Checks that examples and targets fit together.
  fileprivate init(place: String, x: Tensor, targets: TargetColumns) throws(DatasetError) {
    let sizes = x.shape.dimensions
    guard let rows = sizes.first, sizes.count <= 4 else {
      throw .shape(
        place: "x", expected: "rows of numbers (N×F) or images (N×H×W)", found: "\(x.shape)")
    }
    guard rows > 0 else { throw .noExamples(place: place) }
    guard rows == targets.rows else {
      throw .rowCounts(place: place, rows: rows, labels: targets.rows)
    }
    let image = sizes.count >= 3 ? Array(sizes.dropFirst()) : []
    let columns = sizes.dropFirst().reduce(1, *)
    let matrix = try tensorResult { () throws(TensorError) in
      try x.cast(to: .f32).contiguous().reshaped([rows, columns])
    }
    self.init(x: matrix, y: targets.y, labels: targets.labels, imageDimensions: image)
  }
}

/// What y becomes: one-hot columns with labels, or numbers to predict.
private struct TargetColumns {
  let rows: Int
  let y: Tensor
  let labels: Tensor?
  let names: [String]

  /// Labels this large or larger are numbers to predict, unless the classes are named.
  private static let mostUnnamedClasses = 1000

  init(_ y: Tensor, names: [String], place: String) throws(DatasetError) {
    let sizes = y.shape.dimensions
    guard let rows = sizes.first, sizes.count <= 2 else {
      throw .shape(
        place: "y", expected: "labels (N) or one-hot rows (N×K)", found: "\(y.shape)")
    }
    guard rows > 0 else { throw .noExamples(place: place) }
    self.rows = rows
    let columns = sizes.count == 2 ? sizes[1] : 1
    if columns == 1 {
      let isLabels = sizes.count == 1 || !names.isEmpty
      let values = y.doubles()
      if isLabels, let count = try Self.classCount(values, names: names, place: place) {
        self.names = names.isEmpty ? (0..<count).map(String.init) : names
        self.y = try Self.oneHot(values, count)
        labels = try makeTensor(values.map { Float($0) }, [rows])
        return
      }
    } else if let classes = try Self.classes(y, columns: columns, names: names, place: place) {
      self.names = names.isEmpty ? (0..<columns).map(String.init) : names
      self.y = try tensorResult { () throws(TensorError) in try y.cast(to: .f32).contiguous() }
      labels = try makeTensor(classes, [rows])
      return
    }
    self.names = []
    self.y = try tensorResult { () throws(TensorError) in
      try y.cast(to: .f32).contiguous().reshaped([rows, columns])
    }
    labels = nil
  }

  /// The number of classes of labels, `nil` where these are numbers to predict.
  private static func classCount(
    _ values: [Double], names: [String], place: String
  ) throws(DatasetError) -> Int? {
    var largest = 0
    for (row, value) in values.enumerated() {
      guard let label = Int(exactly: value) else {
        if names.isEmpty { return nil }
        throw .labelNotWhole(place: place, row: row, label: value)
      }
      if names.isEmpty {
        guard label >= 0, label < mostUnnamedClasses else { return nil }
        largest = max(largest, label)
      } else if label < 0 || label >= names.count {
        throw .labelOutside(
          place: place, row: row, label: value, names: names, classes: names.count)
      }
    }
    return names.isEmpty ? largest + 1 : names.count
  }

  private static func oneHot(_ labels: [Double], _ count: Int) throws(DatasetError) -> Tensor {
    try filledFloats([labels.count, count]) { output in
      for (row, label) in labels.enumerated() { output[row * count + Int(label)] = 1 }
    }
  }

  /// The class of each row of one-hot (or probability) rows, `nil` where these are numbers to
  /// predict.
  private static func classes(
    _ y: Tensor, columns: Int, names: [String], place: String
  ) throws(DatasetError) -> [Float]? {
    guard names.isEmpty || names.count == columns else {
      throw .classNames(names: names.count, classes: columns)
    }
    guard columns > 0 else { return nil }
    let values = y.doubles()
    var classes: [Float] = []
    classes.reserveCapacity(values.count / columns)
    for start in stride(from: 0, to: values.count, by: columns) {
      let row = values[start..<start + columns]
      var best = start
      for index in row.indices where values[index] > values[best] { best = index }
      guard row.allSatisfy({ $0 >= 0 }), abs(row.reduce(0, +) - 1) < 1e-3 else {
        if names.isEmpty { return nil }
        throw .notOneHot(place: place, row: start / columns)
      }
      classes.append(Float(best - start))
    }
    return classes
  }
}
