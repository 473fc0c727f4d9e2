/// Calls a library that decodes pictures and writes its complaint, where it has one, into a buffer
/// of `capacity` bytes.
///
/// - Returns: what the library gave, and its reason in words.
func withComplaint<Outcome>(
  capacity: Int32, _ body: (UnsafeMutablePointer<CChar>) -> Outcome
) -> (outcome: Outcome, reason: String) {
  let message = UnsafeMutablePointer<CChar>.allocate(capacity: Int(capacity))
  defer { message.deallocate() }
  message.initialize(repeating: 0, count: Int(capacity))
  let outcome = body(message)
  let reason = String(cString: message)
  return (outcome, reason.isEmpty ? "it cannot be decoded" : reason)
}
