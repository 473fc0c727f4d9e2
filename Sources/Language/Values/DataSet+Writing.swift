import Datasets
import Tensors

extension DataSet {
  /// Changes a field of a part, as `d.train.x`, or a part.
  mutating func write(
    _ name: String, _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    guard let part = Part(rawValue: name) else {
      guard ["names", "name"].contains(name) else {
        throw Value.dataSet(Box(self)).unknownField(name)
      }
      throw RuntimeError.other(
        "the field \(name) of a data set cannot be changed",
        hint: "make another: dataset(d.train.x, d.train.labels, names=[…])")
    }
    var value = Value.split(Box(self[part: part]))
    if case .field(let field)? = rest.first, rest.count == 1, case .replace(let new) = change {
      var split = self[part: part]
      try split.setField(field.content, to: new, names: names)
      value = .split(Box(split))
    } else {
      try value.write(rest, change)
    }
    guard case .split(let box) = value else {
      throw RuntimeError.other(
        "a part of a data set cannot become \(value.kindPhrase)",
        hint: "write d.\(name).x = e, or dataset({train: …, valid: …, test: …})")
    }
    self = replacing(part, by: box.content)
  }
}

extension Split {
  /// Changes x, y or the labels, or a part of one of them.
  mutating func write(
    _ name: String, _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    var value = try Value.split(Box(self)).field(name)
    try value.write(rest, change)
    try setField(name, to: value, names: [])
  }

  /// - Parameter names: the names of the classes, one a column of y; empty where there are none.
  mutating func setField(_ name: String, to value: Value, names: [String]) throws {
    guard ["x", "y", "labels", "images", "weights"].contains(name) else {
      throw Value.split(Box(self)).unknownField(name)
    }
    if case .traced = value {
      throw RuntimeError.notDifferentiable("a data set", reason: "it holds plain numbers")
    }
    let tensor: Tensor?
    if case .table(let box) = value {
      tensor = try box.content.matrix()
    } else {
      tensor = try value.asTensor()
    }
    guard let tensor else {
      throw RuntimeError.other(
        "the field \(name) of a data set is a tensor, not \(value.kindPhrase)", hint: nil)
    }
    switch name {
    case "x", "images": self = try replacing(x: tensor)
    case "weights": self = try replacing(weights: tensor)
    default: self = try replacing(y: tensor, names: names)
    }
  }
}
