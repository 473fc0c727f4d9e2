import Files
import Syntax
import Tensors

/// Examples to learn from, in up to three parts. `valid` and `test` may be empty.
package struct DataSet: Sendable {
  package var name: String
  package let train: Split
  package let valid: Split
  package let test: Split
  /// The classes' names, one a column of y; empty where y holds numbers to predict.
  package let names: [String]
  /// Where a table gave the examples: its numbers, and what makes the parts' examples of them.
  private let origin: (parts: Parts, preparation: TablePreparation)?

  /// The three parts.
  package struct Parts: Sendable {
    package var train: Split
    package var valid: Split
    package var test: Split

    package init(train: Split, valid: Split, test: Split) {
      self.train = train
      self.valid = valid
      self.test = test
    }

    /// What a function gives for each part.
    package func map(
      _ change: (Split) throws(DataError) -> Split
    ) throws(DataError) -> Parts {
      Parts(train: try change(train), valid: try change(valid), test: try change(test))
    }
  }

  /// A data set of parts that have the same columns, as those of another data set do.
  package init(name: String, train: Split, valid: Split, test: Split, names: [String]) {
    self.name = name
    self.train = train
    self.valid = valid
    self.test = test
    self.names = names.map(ShownName.cleaned)
    origin = nil
  }

  /// A data set of what a table gave, prepared by what its rows of train tell.
  init(
    name: String, table parts: Parts, _ preparation: TablePreparation, names: [String]
  ) throws(DataError) {
    let measures = try preparation.measured(parts.train.x)
    let prepared = try parts.map { (part) throws(DataError) in
      try preparation.prepared(part, by: measures)
    }
    self.name = name
    train = prepared.train
    valid = prepared.valid
    test = prepared.test
    self.names = names.map(ShownName.cleaned)
    origin = (parts, preparation)
  }

  /// The parts, as a table gave them where one did.
  var parts: Parts { origin?.parts ?? Parts(train: train, valid: valid, test: test) }

  /// The same set in other parts: rows in another order, or dealt out anew. What is learnt from
  /// the rows of train is learnt anew.
  ///
  /// - Parameter change: makes the parts of those that there are.
  package func rearranged(
    _ change: (Parts) throws(DataError) -> Parts
  ) throws(DataError) -> DataSet {
    let parts = try change(parts)
    if let origin {
      return try DataSet(name: name, table: parts, origin.preparation, names: names)
    }
    return DataSet(
      name: name, train: parts.train, valid: parts.valid, test: parts.test, names: names)
  }

  /// H×W or H×W×C where the examples are images, otherwise empty.
  package var imageDimensions: [Int] { train.imageDimensions }
  /// The number of columns of x.
  package var featureCount: Int { train.x.shape.dimensions.last ?? 0 }
  /// The names of the columns of x, where a table gave them.
  package var featureNames: [String] { origin?.preparation.columns ?? [] }
  /// The number of columns of y.
  package var targetCount: Int { train.y.shape.dimensions.last ?? 0 }
  /// Whether y tells classes, rather than numbers to predict.
  package var hasClasses: Bool { train.labels != nil }
  /// All examples, whichever part they are in.
  package var count: Int { train.count + valid.count + test.count }

  /// One line: `letters  28×28 images, 10 classes (A…J)   train 10000 · valid 6000 · test 2720`.
  /// Parts without examples are left out.
  package var summary: String {
    let size = imageDimensions.map(String.init).joined(separator: "×")
    let kind = imageDimensions.isEmpty ? Self.plural(featureCount, "feature") : "\(size) images"
    let targets =
      hasClasses
      ? "\(targetCount) class\(targetCount == 1 ? "" : "es") \(ShownName.shortList(names))"
      : train.y.rank > 2
        ? "targets \(train.y.shape.dimensions.dropFirst().map(String.init).joined(separator: "×"))"
        : Self.plural(targetCount, "target")
    let parts = [("train", train), ("valid", valid), ("test", test)]
      .filter { $0.0 == "train" || !$0.1.isEmpty }
      .map { "\($0.0) \($0.1.count)" }
    return "\(name)  \(kind), \(targets)   \(parts.joined(separator: " · "))"
  }

  private static func plural(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
