import CEditline
import Platform
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
    useOwnStack()
    signal(SIGPIPE, SIG_IGN)
    handle(SIGINT) { number in
      guard Signals.isOnMachineThread(number) else { return }
      if Signals.endsAtSecondInterrupt, Interrupt.isRequested || Interrupt.isHeldBack {
        _exit(130)
      }
      Interrupt.request()
      editline_note_interrupt()
    }
    handle(SIGWINCH) { number in
      guard Signals.isOnMachineThread(number) else { return }
      editline_note_resize()
    }
    // Whoever started the process may have left signals blocked, as threads of a pool do: those
    // that end a process must go on doing so. One that has waited is handled now.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
  }

  /// Gives the handlers a stack of their own on this thread.
  ///
  /// oneDNN's kernels keep data far below the stack pointer, where a handler would overwrite it:
  /// wrong products and a broken heap were seen after Ctrl-C. Signals sent to the process come to
  /// its first thread, which computes nothing; they reach the machine's thread only from there.
  private static func useOwnStack() {
    let size = 1 << 17
    var stack = stack_t()
    // SAFETY: the memory is never freed; the handlers may run as long as the process does.
    stack.ss_sp = .allocate(byteCount: size, alignment: 4096)
    stack.ss_size = size
    sigaltstack(&stack, nil)
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
    action.sa_flags = Int32(SA_ONSTACK)
    sigaction(number, &action, nil)
  }
}
