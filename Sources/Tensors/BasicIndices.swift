/// Indices that give a view whatever the numbers are: positions, slices, new axes. They can be
/// compared, as masks and arrays of positions cannot.
package struct BasicIndices: Hashable, Sendable {
  package let indices: [Index]
  /// The same written as numbers.
  package let numbers: [Int]

  /// Nil where there is a mask or an array of positions among them.
  package init?(_ indices: [Index]) {
    var numbers: [Int] = []
    for index in indices {
      switch index {
      case .at(let position): numbers += [0, position]
      case .slice(let start, let stop, let step):
        numbers += [1, start ?? .min, stop ?? .min, step]
      case .ellipsis: numbers.append(2)
      case .newAxis: numbers.append(3)
      case .mask, .gather: return nil
      }
    }
    self.indices = indices
    self.numbers = numbers
  }

  package static func == (left: BasicIndices, right: BasicIndices) -> Bool {
    left.numbers == right.numbers
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(numbers) }
}

extension Shape {
  /// How the part of a tensor of this shape lies that indices name: its shape, its strides, and
  /// where it begins, in elements after the whole.
  package func part(
    _ indices: BasicIndices, strides: [Int]
  ) throws(TensorError) -> (shape: Shape, strides: [Int], offset: Int) {
    let part = try Tensor.lying(self, strides: strides).subscripted(indices.indices)
    return (part.shape, part.strides, part.offset)
  }
}
