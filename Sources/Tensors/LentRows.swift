/// Tensors that look at rows which somebody else keeps, so that code that computes on tensors reads
/// and fills them without a copy.
///
/// The tensors count as used by somebody else, too: nobody writes over them in place.
package final class LentRows {
  private var storages: [Storage] = []

  package init() {}

  /// The rows as a tensor of this shape, which has as many elements.
  // SAFETY: the caller calls `end` before the rows change in a way that the tensor is not to see, and
  // before they go.
  package func tensor(_ rows: FloatRows, _ shape: Shape) -> Tensor {
    let storage = Storage(lent: rows.pointer, byteCount: rows.count * rows.type.size)
    storages.append(storage)
    return Tensor(storage: storage, shape: shape, elementType: rows.type)
  }

  /// To be called before the rows change or go. Who has kept one of the tensors looks at a copy of
  /// his own from then on.
  package func end() {
    for index in storages.indices where !isKnownUniquelyReferenced(&storages[index]) {
      storages[index].keepCopy()
    }
    storages.removeAll(keepingCapacity: true)
  }
}

extension Tensor {
  /// Whether the elements are those of these rows, which lent it their memory.
  package func lies(in rows: FloatRows) -> Bool { address == UnsafeMutableRawPointer(rows.pointer) }
}
