import Synchronization
import Tensors

/// Values whose release would need more stack than there is.
///
/// Swift releases what an object holds within the release of the object: a list nested a million
/// deep would take a million calls, one within the other. Where the stack is nearly used up, what is
/// left is put here instead, and released from the next place with a stack of its own: the turn of
/// a loop, or the end of a statement.
enum DeferredRelease {
  private static let waiting = Mutex<[AnyObject]>([])

  /// To be called as an object that holds `content` goes away.
  @inline(__always)
  static func keepWhereStackIsLow<Content>(_ content: @autoclosure () -> Content) {
    if CallStack.isLow { keep(content()) }
  }

  @inline(never)
  private static func keep<Content>(_ content: Content) {
    let holder = Box(content)
    waiting.withLock { $0.append(holder) }
    CallStack.hasDeferredReleases = true
  }

  /// Releases what waits, unless the stack is too low here as well.
  static func drain() {
    while CallStack.hasDeferredReleases, !CallStack.isLow {
      let taken = waiting.withLock { waiting in
        CallStack.hasDeferredReleases = false
        defer { waiting = [] }
        return waiting
      }
      withExtendedLifetime(taken) {}
    }
  }
}
