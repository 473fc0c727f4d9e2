import Platform
import Synchronization
import Tensors

/// SIGTERM and SIGHUP while something runs that must first be brought to safety.
///
/// The signal stops what runs at its next boundary, as Ctrl-C does; once all is safe it takes the
/// effect that it has otherwise. A second one takes it at once.
enum Termination {
  private static let signals = [SIGTERM, SIGHUP]
  /// The signal that arrived; 0 for none. Written by the handler.
  private static let received = Atomic<Int32>(0)

  /// The name of the signal that asked for the end, if one did.
  static var requested: String? {
    switch received.load(ordering: .sequentiallyConsistent) {
    case SIGTERM: "SIGTERM"
    case SIGHUP: "SIGHUP"
    default: nil
    }
  }

  /// Runs `body`; a signal that arrived meanwhile takes its usual effect afterwards.
  static func deferred<Result>(_ body: () throws -> Result) rethrows -> Result {
    var former: [(number: Int32, action: sigaction)] = []
    for number in signals {
      var before = sigaction()
      sigaction(number, nil, &before)
      // A process started by nohup goes on when the terminal goes.
      if Self.isIgnored(before) { continue }
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in Termination.note(number) }
      action.sa_flags = Int32(SA_ONSTACK)
      sigaction(number, &action, nil)
      former.append((number, before))
    }
    defer {
      for entry in former {
        var action = entry.action
        sigaction(entry.number, &action, nil)
      }
      let number = received.exchange(0, ordering: .sequentiallyConsistent)
      if number != 0 { raise(number) }
    }
    return try body()
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    // SAFETY: both are addresses of functions, or the constants that stand for none.
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// In the handler: only what may be done there.
  private static func note(_ number: Int32) {
    if received.exchange(number, ordering: .sequentiallyConsistent) != 0 {
      signal(number, SIG_DFL)
      raise(number)
    }
    Interrupt.request()
  }
}
