import Testing

@Suite struct TeachingTests {}
