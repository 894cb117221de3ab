namespace Pagoda.Studio;

/// <summary>A request that cannot be answered as asked, in the form of OpenAI's errors.</summary>
internal sealed class ApiException(int status, string type, string message, string? param = null, string? code = null) : Exception(message)
{
    /// <summary>The status code.</summary>
    public int Status => status;

    /// <summary>The kind of error, as OpenAI names them.</summary>
    public string Type => type;

    /// <summary>The parameter at fault.</summary>
    public string? Param => param;

    /// <summary>What programs tell errors apart by.</summary>
    public string? Code => code;

    /// <summary>A value at fault: 400.</summary>
    public static ApiException Invalid(string message, string? param = null, string? code = "invalid_value") => new(400, "invalid_request_error", message, param, code);

    /// <summary>Something that is not there: 404.</summary>
    public static ApiException Missing(string message, string? param = null, string code = "not_found") => new(404, "invalid_request_error", message, param, code);

    /// <summary>More than the server takes: 429, or the status given.</summary>
    public static ApiException Busy(string message, int status = 429, string code = "queue_full") => new(status, status == 429 ? "rate_limit_error" : "server_error", message, null, code);
}
