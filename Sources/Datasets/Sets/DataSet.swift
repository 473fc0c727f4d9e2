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

  /// A data set of parts that have the same columns, as those of another data set do.
  package init(name: String, train: Split, valid: Split, test: Split, names: [String]) {
    self.name = name
    self.train = train
    self.valid = valid
    self.test = test
    self.names = names.map(ShownName.cleaned)
  }

  /// H×W or H×W×C where the examples are images, otherwise empty.
  package var imageDimensions: [Int] { train.imageDimensions }
  /// The number of columns of x.
  package var featureCount: Int { train.x.shape.dimensions.last ?? 0 }
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
