import Datasets
import Networks
import Operations
import Tensors

extension Value {
  /// `self.name`
  package func field(_ name: String) throws -> Value {
    switch self {
    case .record(let box):
      if let value = box.content[name] { return value }
    case .tensor(let box):
      if let value = try Self.tensorField(name, box.content, self) { return value }
    case .number(let number):
      // A number is a tensor of no axes.
      if let value = try Self.tensorField(name, .scalar(number, .f64), self) { return value }
    case .traced(let box):
      if name == "T" || name == "shape" || name == "size" || name == "ndim" || name == "dtype",
        let value = try Self.tensorField(name, box.content.tensor, self)
      {
        return value
      }
    case .network(let box):
      if let value = try Self.networkField(name, box.content) { return value }
    case .dataSet(let box):
      if let value = Self.dataSetField(name, box.content) { return value }
    case .split(let box):
      if let value = Self.splitField(name, box.content) { return value }
    case .table(let box):
      if let column = box.content.columns[name] { return column }
      if name == "shape" {
        return .items([
          .number(Double(box.content.count)), .number(Double(box.content.columns.count)),
        ])
      }
      throw box.content.unknown(name)
    case .range(let box):
      switch name {
      case "lower": return .number(box.content.lower)
      case "upper": return .number(box.content.upper)
      case "step": return .number(box.content.step)
      default: break
      }
    default: break
    }
    throw unknownField(name)
  }

  /// The error for a field that is not there; `MethodHints` adds what to write instead.
  func unknownField(_ name: String) -> RuntimeError {
    .unknownField(
      name, of: isRecord ? "the record" : kindName.withArticle, known: fieldNames)
  }

  var isRecord: Bool { if case .record = self { true } else { false } }

  /// The fields that it has: for messages and completion.
  package var fieldNames: [String] {
    switch self {
    case .record(let box): box.content.names
    case .table(let box): box.content.names
    case .number, .tensor, .traced: ["shape", "T", "size", "ndim", "dtype"]
    case .network(let box):
      box.content.network.parameterNames + ["parameters", "history", "layers"]
    case .dataSet: ["train", "valid", "test", "names", "name"]
    case .split: ["x", "y", "labels", "images", "weights"]
    case .range: ["lower", "upper", "step"]
    default: []
    }
  }

  private static func tensorField(_ name: String, _ tensor: Tensor, _ whole: Value) throws -> Value?
  {
    switch name {
    case "shape": .items(tensor.shape.dimensions.map { .number(Double($0)) })
    case "T": try whole.transposed()
    case "size": .number(Double(tensor.count))
    case "ndim": .number(Double(tensor.rank))
    case "dtype": .text("\(tensor.elementType)")
    default: nil
    }
  }

  private static func networkField(_ name: String, _ value: NetworkValue) throws -> Value? {
    let names = value.network.parameterNames
    func parameter(_ index: Int) -> Value {
      if let traced = value.tracedParameters, traced.indices.contains(index) {
        return Value(traced[index])
      }
      return Value(value.network.parameters[index].tensor)
    }
    if let index = names.firstIndex(of: name) { return parameter(index) }
    switch name {
    case "parameters":
      return .fields(names.indices.map { (names[$0], parameter($0)) })
    case "history": return .fields(history(value.network.history))
    case "layers": return .items(value.network.layers.map { .text($0.description) })
    default: return nil
    }
  }

  package static func history(_ history: History) -> [(String, Value)] {
    history.series.map { ($0.name, .items($0.values.map { .number($0) })) }
  }

  private static func dataSetField(_ name: String, _ set: DataSet) -> Value? {
    switch name {
    case "train": .split(Box(set.train))
    case "valid": .split(Box(set.valid))
    case "test": .split(Box(set.test))
    case "names": .items(set.names.map { .text($0) })
    case "name": .text(set.name)
    default: nil
    }
  }

  private static func splitField(_ name: String, _ split: Split) -> Value? {
    switch name {
    case "x": .tensor(Box(split.x))
    case "y": .tensor(Box(split.y))
    case "labels": split.labels.map { .tensor(Box($0)) } ?? Value.none
    case "images": split.images.map { .tensor(Box($0)) } ?? Value.none
    case "weights": split.weights.map { .tensor(Box($0)) } ?? Value.none
    default: nil
    }
  }

  // MARK: Writing

  /// `self.name… = …`: see `write`.
  mutating func writeField(
    _ key: TextBox, _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    if let box = takeRecord() {
      defer { self = .record(box) }
      return try box.write(key, rest, change)
    }
    let name = key.content
    if let box = takeTable() {
      defer { self = .table(box) }
      return try box.content.write(name, rest, change)
    }
    if let box = takeNetwork() {
      defer { self = .network(box) }
      return try box.content.write(name, rest, change)
    }
    if let box = takeDataSet() {
      defer { self = .dataSet(box) }
      return try box.content.write(name, rest, change)
    }
    if let box = takeSplit() {
      defer { self = .split(box) }
      return try box.content.write(name, rest, change)
    }
    if fieldNames.contains(name) {
      throw RuntimeError.other(
        "the field \(name) of \(kindName.withArticle) cannot be changed", hint: nil)
    }
    throw unknownField(name)
  }
}

extension Record {
  /// Changes a field, or a part of it; a new name adds a field.
  mutating func write(
    _ key: TextBox, _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    if rest.isEmpty, case .replace(let value) = change {
      self[key] = value
      return
    }
    let isThere: Void? = try self.change(key) { part in try part.write(rest, change) }
    if isThere == nil {
      throw RuntimeError.unknownField(key.content, of: "the record", known: names)
    }
  }
}

extension NetworkValue {
  /// Changes a parameter, or a part of it.
  mutating func write(
    _ name: String, _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    guard let index = network.parameterNames.firstIndex(of: name) else {
      let known = network.parameterNames
      if name == "parameters" { return try writeParameters(rest, change) }
      if ["history", "layers"].contains(name) {
        throw RuntimeError.other("the field \(name) of a network cannot be changed", hint: nil)
      }
      throw RuntimeError.unknownField(name, of: "the network", known: known)
    }
    var part: Value
    if let traced = tracedParameters, traced.indices.contains(index) {
      part = Value(traced[index])
    } else {
      part = Value(network.parameters[index].tensor)
    }
    try part.write(rest, change)
    guard let variable = try part.asVariable() else {
      throw RuntimeError.other(
        "\(name) is a tensor and cannot become \(part.kindPhrase)", hint: nil)
    }
    if !variable.isConstant || tracedParameters != nil {
      var traced = tracedParameters ?? network.parameters.map { Variable($0.tensor) }
      traced[index] = variable
      tracedParameters = traced
    } else {
      try network.setParameter(name, to: variable.tensor)
    }
  }

  /// `net.parameters.W1… = …`, or all of them at once, by a record of the same names.
  private mutating func writeParameters(
    _ rest: ArraySlice<Accessor>, _ change: PartChange
  ) throws {
    if case .field(let name)? = rest.first {
      return try write(name.content, rest.dropFirst(), change)
    }
    var value = try Value.network(Box(self)).field("parameters")
    try value.write(rest, change)
    guard case .record(let box) = value else {
      throw RuntimeError.other(
        "the parameters of a network are a record, not \(value.kindPhrase)",
        hint:
          "write net.parameters = {\(network.parameterNames.prefix(2).map { $0 + ": …" }.joined(separator: ", ")), …}"
      )
    }
    let record = box.content
    if let other = record.names.first(where: { !network.parameterNames.contains($0) }) {
      throw RuntimeError.unknownField(other, of: "the network", known: network.parameterNames)
    }
    if let missing = network.parameterNames.first(where: { record[$0] == nil }) {
      throw RuntimeError.other("the record has no \(missing), which the network has", hint: nil)
    }
    // All or none: a shape may be wrong.
    var changed = self
    for (name, part) in zip(record.names, record.values) {
      try changed.write(name, [], .replace(part))
    }
    self = changed
  }
}
