import Platform

/// A value that holds on the calling thread while something runs there.
///
/// What `@TaskLocal` is to tasks, of which nnsh has none: they would bring libdispatch into the
/// program, which looks about the machine at each start.
package final class ThreadLocal<Value: Sendable>: Sendable {
  private let key: pthread_key_t
  /// What holds where nothing runs that has another value.
  private let usual: Value

  package init(_ usual: Value) {
    self.usual = usual
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    self.key = key
  }

  package var current: Value {
    guard let place = pthread_getspecific(key) else { return usual }
    // SAFETY: the place is that of this thread's innermost `withValue`, which still runs.
    return place.assumingMemoryBound(to: Value.self).pointee
  }

  /// Runs `body` with another value.
  package func withValue<Result>(_ value: Value, _ body: () throws -> Result) rethrows -> Result {
    let outer = pthread_getspecific(key)
    defer { pthread_setspecific(key, outer) }
    return try withUnsafePointer(to: value) { place in
      pthread_setspecific(key, place)
      return try body()
    }
  }
}
