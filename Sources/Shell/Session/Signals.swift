import CEditline
import Glibc
import Tensors

/// What Ctrl-C and a resized window do.
enum Signals {
  /// Whether a second Ctrl-C, while the first one is being waited for, ends the process.
  ///
  /// Written by the machine thread before the handlers are installed, read by these.
  nonisolated(unsafe) private static var endsAtSecondInterrupt = false
  nonisolated(unsafe) private static var machineThread = pthread_t()

  /// Installs the handlers; called on the machine's thread.
  ///
  /// - Parameter isInteractive: at the prompt, no number of Ctrl-C ends the session.
  static func install(isInteractive: Bool) {
    endsAtSecondInterrupt = !isInteractive
    machineThread = pthread_self()
    signal(SIGPIPE, SIG_IGN)
    handle(SIGINT) { number in
      guard Signals.isOnMachineThread(number) else { return }
      if Signals.endsAtSecondInterrupt, Interrupt.isRequested { _exit(130) }
      Interrupt.request()
      editline_note_interrupt()
    }
    handle(SIGWINCH) { number in
      guard Signals.isOnMachineThread(number) else { return }
      editline_note_resize()
    }
  }

  /// The machine's thread must be the one that wakes from its read; another passes the signal on.
  private static func isOnMachineThread(_ number: Int32) -> Bool {
    if pthread_equal(pthread_self(), machineThread) != 0 { return true }
    pthread_kill(machineThread, number)
    return false
  }

  private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = handler
    // Without SA_RESTART, so that a read that waits for a key returns.
    action.sa_flags = 0
    sigaction(number, &action, nil)
    // Whoever started the process may have left the signal blocked, as threads of a pool do.
    var unblocked = sigset_t()
    sigemptyset(&unblocked)
    sigaddset(&unblocked, number)
    pthread_sigmask(SIG_UNBLOCK, &unblocked, nil)
  }
}
