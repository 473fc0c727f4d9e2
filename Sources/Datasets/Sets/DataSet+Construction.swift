import Files
import Tensors

extension DataSet {
  /// A data set of arrays, all in `train`; x is taken as it is, without scaling;
  /// Float64 stays Float64.
  ///
  /// x: N×F; N (one feature); N×H×W or N×H×W×C (images). y: N labels 0, 1, 2, … (K is the number
  /// of names, or the largest label and one); N×K one-hot or probability rows; anything else is
  /// numbers to predict, as N×1 or N×K: fractions, negative numbers, 1000 and above without
  /// names, N×1 without names; and more axes, such as a sequence's steps or a picture's pixels.
  ///
  /// Errors: x and y of different lengths, no rows, a label outside the named classes (with its
  /// row), names that do not match y's columns, weights that do not match the rows.
  ///
  /// - Parameter weights: how much each row counts in a training's loss.
  package init(
    name: String = "data", x: Tensor, y: Tensor, names: [String] = [], weights: Tensor? = nil
  ) throws(DataError) {
    let columns = try TargetColumns(y, names: names, place: name)
    if let weights, weights.rank != 1 || weights.count != columns.rows {
      throw .shape(
        place: "weights", expected: "\(columns.rows) numbers, one a row", found: "\(weights.shape)")
    }
    let train = try Split(place: name, x: x, targets: columns, weights: weights)
    self.init(
      name: name, train: train, valid: try train.rows(0..<0), test: try train.rows(0..<0),
      names: columns.names)
  }

  /// A data set of parts with labels.
  ///
  /// - Parameter cutsValidation: whether a missing validation part is cut from the end of train.
  ///   Only the last sixth: 10,000 of MNIST's 60,000, the usual choice.
  package static func labelled(
    name: String, train: LabelledPart, valid: LabelledPart?, test: LabelledPart?,
    names: [String], cutsValidation: Bool = true
  ) throws(DataError) -> DataSet {
    let given = [train, valid, test].compactMap { $0 }
    var names = names
    var isNumeric = false
    if names.isEmpty {
      for part in given {
        let targets = try TargetColumns(part.labels, names: [], place: part.place)
        if targets.labels == nil { isNumeric = true }
      }
      let count = given.map(\.leastClassCount).max() ?? 1
      if !isNumeric { names = (0..<count).map(String.init) }
    }
    func split(_ part: LabelledPart) throws(DataError) -> Split {
      let targets = try TargetColumns(
        part.labels, names: names, place: part.place, isNumeric: isNumeric)
      let split = try Split(place: part.place, x: part.images, targets: targets)
      return try part.weights.map { weights throws(DataError) in
        try split.replacing(weights: weights)
      } ?? split
    }
    let whole = try split(train)
    let none = try whole.rows(0..<0)
    let isCut = valid == nil && cutsValidation
    let kept = isCut ? whole.count - whole.count / 6 : whole.count
    var parts = [try whole.rows(kept..<whole.count), none]
    for (index, part) in [valid, test].enumerated() {
      guard let part else { continue }
      parts[index] = try split(part)
      let (columns, found) = (whole.x.shape[1], parts[index].x.shape[1])
      guard columns == found else {
        throw .shape(
          place: "x of \(part.place)", expected: "rows of \(columns) numbers, as in train",
          found: "rows of \(found)")
      }
    }
    return DataSet(
      name: name, train: try whole.rows(0..<kept), valid: parts[0], test: parts[1], names: names)
  }
}

/// Images or other examples with their labels, before they become a `Split`.
package struct LabelledPart: Sendable {
  /// Where they come from, for messages.
  var place: String
  var images: Tensor
  var labels: Tensor
  /// How much each row counts in a training's loss; `nil` where all count alike.
  var weights: Tensor?

  package init(place: String, images: Tensor, labels: Tensor, weights: Tensor? = nil) {
    self.weights = weights
    self.place = place
    self.images = images
    self.labels = labels
  }

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
  init(
    place: String, x: Tensor, targets: TargetColumns, weights: Tensor? = nil
  ) throws(DataError) {
    let shown = try Split.shaped(x)
    let rows = shown.x.shape[0]
    guard rows > 0 else { throw .noExamples(place: place) }
    guard rows == targets.rows else {
      throw .rowCounts(place: place, rows: rows, labels: targets.rows)
    }
    // Rows are put in order by their numbers, which take memory even where the rows hold nothing.
    try MemoryLimit.require(rows.multipliedSaturating(24), for: place)
    self.init(
      x: shown.x, y: targets.y, labels: targets.labels, imageDimensions: shown.imageDimensions,
      weights: weights)
  }
}

/// What y becomes: one-hot columns with labels, or numbers to predict.
struct TargetColumns {
  let rows: Int
  let y: Tensor
  let labels: Tensor?
  let names: [String]

  /// Labels this large or larger are numbers to predict, unless the classes are named.
  private static let mostUnnamedClasses = 1000

  /// `isNumeric`: numbers to predict, whatever they look like.
  init(
    _ y: Tensor, names: [String], place: String, isNumeric: Bool = false
  ) throws(DataError) {
    let sizes = y.shape.dimensions
    guard let rows = sizes.first else {
      throw .shape(
        place: "y", expected: "labels (N) or one-hot rows (N×K)", found: "\(y.shape)")
    }
    guard names.isEmpty || sizes.count <= 2 else {
      throw .shape(
        place: "y", expected: "labels (N) or one-hot rows (N×K) of the classes that are named",
        found: "\(y.shape)")
    }
    guard rows > 0 else { throw .noExamples(place: place) }
    self.rows = rows
    if !isNumeric, let classes = try Self.classes(y, names: names, place: place) {
      self.names = names.isEmpty ? (0..<classes.count).map(String.init) : names
      self.y = classes.y
      labels = classes.labels
    } else {
      self.names = []
      self.y = try tensorResult { () throws(TensorError) in
        try y.cast(to: y.elementType.arithmetic).contiguous()
          .reshaped(sizes.count == 1 ? [rows, 1] : sizes)
      }
      labels = nil
    }
  }

  /// One-hot columns, labels and the number of classes; `nil` where y holds numbers to predict.
  private static func classes(
    _ y: Tensor, names: [String], place: String
  ) throws(DataError) -> (y: Tensor, labels: Tensor, count: Int)? {
    let sizes = y.shape.dimensions
    // Targets of more axes are each step's, or each pixel's, of a sequence or a picture.
    guard sizes.count <= 2 else { return nil }
    let columns = sizes.count == 2 ? sizes[1] : 1
    if columns == 1 {
      guard sizes.count == 1 || !names.isEmpty else { return nil }
      let values = try numbers(y)
      guard let count = try classCount(values, names: names, place: place) else { return nil }
      let labels = try makeTensor(values.map { Float($0) }, [values.count])
      return (try oneHot(values, count), labels, count)
    }
    guard let labels = try rowClasses(y, columns: columns, names: names, place: place) else {
      return nil
    }
    let rows = try tensorResult { () throws(TensorError) in
      try y.cast(to: y.elementType.arithmetic).contiguous()
    }
    return (rows, try makeTensor(labels, [labels.count]), columns)
  }

  /// The number of classes of labels, `nil` where these are numbers to predict.
  private static func classCount(
    _ values: [Double], names: [String], place: String
  ) throws(DataError) -> Int? {
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

  private static func oneHot(_ labels: [Double], _ count: Int) throws(DataError) -> Tensor {
    try filledFloats([labels.count, count]) { output in
      output.update(repeating: 0)
      for (row, label) in labels.enumerated() { output[row * count + Int(label)] = 1 }
    }
  }

  /// The class of each row of one-hot (or probability) rows, `nil` where these are numbers to
  /// predict.
  private static func rowClasses(
    _ y: Tensor, columns: Int, names: [String], place: String
  ) throws(DataError) -> [Float]? {
    guard names.isEmpty || names.count == columns else {
      throw .classNames(names: names.count, classes: columns)
    }
    guard columns > 0 else { return nil }
    var classes: [Float] = []
    // In blocks, as mostly the first row tells that these are numbers.
    let areClasses = try tensorResult { () throws(TensorError) in
      do {
        return try y.allBlocks { block in
          for start in stride(from: 0, to: block.count, by: columns) {
            guard let label = likeliest(block[start..<start + columns]) else { return false }
            classes.append(Float(label))
          }
          return true
        }
      } catch {
        throw error as? TensorError ?? .interrupted
      }
    }
    if areClasses { return classes }
    if names.isEmpty { return nil }
    throw .notOneHot(place: place, row: classes.count)
  }

  /// The class of the largest share of a row; nil where it holds no shares of one.
  private static func likeliest(_ row: ArraySlice<Double>) -> Int? {
    guard row.allSatisfy({ $0 >= 0 }), abs(row.reduce(0, +) - 1) < 1e-3 else { return nil }
    var best = row.startIndex
    for index in row.indices where row[index] > row[best] { best = index }
    return best - row.startIndex
  }
}

/// A tensor's elements, where memory holds a list of them.
private func numbers(_ tensor: Tensor) throws(DataError) -> [Double] {
  try tensorResult { () throws(TensorError) in try tensor.guardedDoubles() }
}
