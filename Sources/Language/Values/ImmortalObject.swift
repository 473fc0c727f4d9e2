/// Objects that live as long as the program, so that nobody need count the references to them: one
/// that every thread takes hold of all the time costs much by that.
enum ImmortalObject {
  /// Swift keeps the count in the word after an object's type. That of its own empty array, which
  /// is never released, says not to count.
  private static let countOffset = MemoryLayout<UInt>.size

  private static let uncounted: UInt = {
    // SAFETY: an array is a reference to its storage, an object.
    let storage = unsafeBitCast([Int](), to: UnsafeRawPointer.self)
    return storage.load(fromByteOffset: countOffset, as: UInt.self)
  }()

  /// To be called before others hold the object.
  static func make(_ object: AnyObject) {
    let start = Unmanaged.passUnretained(object).toOpaque()
    // SAFETY: every object begins with its type and its count.
    start.storeBytes(of: uncounted, toByteOffset: countOffset, as: UInt.self)
  }
}
