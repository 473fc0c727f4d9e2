import Tensors

extension Network {
  /// The parameters with their names, in layer order: `W1 b1 W2 b2 …`; the number counts the
  /// layers that have parameters.
  package var parameters: [(name: String, tensor: Tensor)] {
    var number = 0
    return layers.flatMap { layer in
      let first = number + 1
      number += layer.groupCount
      return layer.parameterGroups.enumerated().flatMap { index, group in
        group.map { ($0.letter + String(first + index), $0.tensor) }
      }
    }
  }

  /// For each parameter, the number in its name.
  package var parameterNumbers: [Int] {
    var number = 0
    return layers.flatMap { layer in
      let first = number + 1
      number += layer.groupCount
      return layer.parameterGroups.enumerated().flatMap { index, group in
        group.map { _ in first + index }
      }
    }
  }

  /// The names alone.
  package var parameterNames: [String] { parameters.map(\.name) }

  /// What it computes in: Float64 where a parameter is, otherwise Float32.
  package var elementType: ElementType {
    parameters.contains { $0.tensor.elementType == .f64 } ? .f64 : .f32
  }

  /// The parameter of that name.
  package func parameter(_ name: String) throws(NetworkError) -> Tensor {
    guard let found = parameters.first(where: { $0.name == name }) else {
      throw .noSuchParameter(name: name, known: parameterNames)
    }
    return found.tensor
  }

  /// Gives the parameter of that name another value of the same shape; a vector also takes a single
  /// row.
  package mutating func setParameter(_ name: String, to value: Tensor) throws {
    var tensors = parameters
    guard let index = tensors.firstIndex(where: { $0.name == name }) else {
      throw NetworkError.noSuchParameter(name: name, known: parameterNames)
    }
    let old = tensors[index].tensor
    var value = value
    if old.rank == 1, value.shape.dimensions == [1, old.count] {
      value = try value.reshaped(old.shape.dimensions)
    }
    guard old.shape == value.shape else {
      throw NetworkError.parameterShape(name: name, expected: old.shape, got: value.shape)
    }
    tensors[index].tensor = value.elementType == .bool ? try value.cast(to: .f32) : value
    try setParameters(tensors.map(\.tensor))
  }

  /// Gives every parameter a value, in the order of `parameters`; shapes must agree.
  package mutating func setParameters(_ values: [Tensor]) throws(NetworkError) {
    let known = parameters
    guard known.count == values.count else {
      throw .parameterCount(expected: known.count, got: values.count)
    }
    for (old, new) in zip(known, values) where old.tensor.shape != new.shape {
      throw .parameterShape(name: old.name, expected: old.tensor.shape, got: new.shape)
    }
    var remaining = values[...]
    for index in layers.indices {
      var groups = layers[index].parameterGroups
      for group in groups.indices {
        for position in groups[group].indices {
          guard let value = remaining.popFirst() else { continue }
          groups[group][position].tensor = value
        }
      }
      layers[index].parameterGroups = groups
    }
  }

  /// What the layers have learned without gradients (running means and variances), in layer order.
  package var statistics: [Tensor] {
    get { layers.flatMap(\.statistics) }
    set {
      var remaining = newValue[...]
      for index in layers.indices {
        let count = layers[index].statistics.count
        guard remaining.count >= count else { return }
        layers[index].statistics = Array(remaining.prefix(count))
        remaining = remaining.dropFirst(count)
      }
    }
  }

  /// The number of trainable numbers.
  package var parameterCount: Int { parameters.reduce(0) { $0 + $1.tensor.count } }

  /// A layer, the shape of its output for a batch of N, and its number of trainable numbers.
  package struct SummaryRow: Sendable, Hashable {
    /// As the language writes it.
    package let layer: String
    /// `N×10`; `?` while unknown.
    package let output: String
    /// How many numbers are trained.
    package let parameters: Int
    /// The names of the parameters.
    package let names: [String]
  }

  /// One row a layer.
  package func summary(input: [Int]? = nil) -> [SummaryRow] {
    var shape = input ?? seenInput ?? inputShape
    let sketch = ShapeSketch(layers).outputs
    var number = 0
    return layers.enumerated().map { index, layer in
      shape = shape.flatMap { try? layer.outputShape(for: $0, position: index + 1) }
      var names: [String] = []
      for (index, group) in layer.parameterGroups.enumerated() {
        names += group.map { $0.letter + String(number + index + 1) }
      }
      number += layer.groupCount
      return SummaryRow(
        layer: layer.description,
        output: shape.map { "N×" + $0.map(String.init).joined(separator: "×") } ?? sketch[index],
        parameters: layer.parameterGroups.joined().reduce(0) { $0 + $1.tensor.count },
        names: names)
    }
  }
}
