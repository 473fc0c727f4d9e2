import CKernels
import Synchronization

/// A cache of recent matrix products, so that the same product of the same unchanged matrices is
/// computed once: a training loop by hand, as in `examples/report.nns`, may write
/// `compute(x, W_h, b_h)` four times in an epoch.
///
/// An operand is known by its storage's stamp, which changes with every write in place, so nothing
/// of the operands is kept alive. The results are, few and bounded, until `clear`: the machine
/// clears at the end of every statement and turn of a loop. Only products that take far longer
/// than a copy of their result are kept, for a kept result cannot be overwritten in place.
package enum ProductMemo {
  /// A matrix as it lies in memory, with the content it has now.
  struct Operand: Hashable {
    let stamp: UInt64
    let offset: Int
    let shape: Shape
    let strides: [Int]
    let elementType: ElementType

    init(_ tensor: Tensor) {
      stamp = tensor.storage.stamp
      offset = tensor.offset
      shape = tensor.shape
      strides = tensor.strides
      elementType = tensor.elementType
    }
  }

  /// A product: what it is of, and what was fused into it.
  struct Key: Hashable {
    let left: Operand
    let right: Operand
    let bias: Operand?
    let hasRelu: Bool
    /// The type that it is computed in.
    let type: ElementType
  }

  private struct Kept {
    var entries: [(key: Key, result: Tensor)] = []
    var bytes = 0
  }

  /// The most results, and the most bytes of them, that are ever kept.
  static let entryLimit = 8
  static let byteLimit = 256 << 20
  /// Below so many terms in each element's sum a product is hardly slower than a copy.
  private static let leastTerms = 64
  /// Below so many multiplications the search costs too much of what it saves.
  static let leastWork = 1_000_000.0

  private static let kept = Mutex(Kept())

  /// Whether products are being kept; off, as at first, there is nothing to clear.
  package static var isOn: Bool {
    get { nnsh_memo_is_on() != 0 }
    set {
      nnsh_memo_set_on(newValue ? 1 : 0)
      if !newValue { clear() }
    }
  }

  /// Whether nothing is kept.
  package static var isEmpty: Bool { nnsh_memo_is_empty() != 0 }

  /// Releases all results.
  package static func clear() {
    if isEmpty { return }
    kept.withLock { $0 = Kept() }
    nnsh_memo_set_empty(1)
  }

  /// Whether a product of that size is worth keeping.
  static func isWorthwhile(rows: Int, columns: Int, terms: Int, elementSize: Int) -> Bool {
    guard isOn, terms >= leastTerms else { return false }
    let elements = Double(rows) * Double(columns)
    return elements * Double(terms) >= leastWork
      && elements * Double(elementSize) <= Double(byteLimit / 2)
  }

  /// The kept result of a product, if there is one.
  static func result(for key: Key) -> Tensor? {
    if isEmpty { return nil }
    return kept.withLock { kept in kept.entries.first { $0.key == key }?.result }
  }

  /// Keeps a result; the oldest go where there are too many.
  static func keep(_ result: Tensor, for key: Key) {
    kept.withLock { kept in
      kept.entries.append((key, result))
      kept.bytes += result.storage.byteCount
      while kept.entries.count > entryLimit || kept.bytes > byteLimit {
        kept.bytes -= kept.entries.removeFirst().result.storage.byteCount
      }
    }
    nnsh_memo_set_empty(0)
  }
}
