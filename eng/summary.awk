# Reads the .trx files of dotnet test; prints each skipped test with its reason, then "N passed, N failed, N skipped".
# Exit code 1 when a test failed, none ran, or the test program itself ended badly (variable status).

function plain(text) {
    gsub(/&#x[AD];|&#1[03];/, " ", text)
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&#39;|&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    return text
}

BEGIN { RS = "<UnitTestResult " }

FNR > 1 {
    outcome = field("outcome"); name = plain(field("testName"))
    if (outcome == "Passed") passed++
    else if (outcome == "NotExecuted") {
        reason = ""
        if (match($0, /<(StdOut|Message)>[^<]*/)) {
            reason = substr($0, RSTART, RLENGTH)
            sub(/^<[A-Za-z]*>/, "", reason)
        }
        gsub(/[ \n\r]+/, " ", reason)
        skips[++skipped] = sprintf("  skipped %s: %s", name, plain(reason))
    }
    else failures[++failed] = "  failed " name
}

function field(name,    start) {
    if (!match($0, " ?" name "=\"[^\"]*\"")) return ""
    start = RSTART + index(substr($0, RSTART, RLENGTH), "\"")
    return substr($0, start, RSTART + RLENGTH - 1 - start)
}

END {
    for (i = 1; i <= skipped; i++) print skips[i]
    for (i = 1; i <= failed; i++) print failures[i]
    if (passed + failed == 0) print "no test ran" (skipped ? "" : "; does the filter match a name?")
    if (!failed && status != 0) { print "the test program ended with exit code " status; failed = 1 }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit(failed > 0 || passed + skipped == 0)
}
