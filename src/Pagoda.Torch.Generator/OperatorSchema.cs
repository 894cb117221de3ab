using System;
using System.Collections.Generic;
using System.Linq;

namespace Pagoda.Torch.Generator;

/// <summary>One parameter of a schema line: <c>int[2] stride=1</c>.</summary>
internal sealed class SchemaParameter
{
    public string Type = "";
    public string Name = "";
    public string? Default;
}

/// <summary>A schema line as libtorch's dispatcher prints it, taken apart.</summary>
internal sealed class OperatorSchema
{
    public string Name = "";
    public string Overload = "";
    public List<SchemaParameter> Parameters = new();
    public List<string> Returns = new();

    /// <summary>True for operators that change their first argument and return it.</summary>
    public bool InPlace => Name.EndsWith("_", StringComparison.Ordinal);

    public static OperatorSchema Parse(string line)
    {
        var schema = new OperatorSchema();
        var open = line.IndexOf('(');
        var qualified = line.Substring(0, open).Trim();
        var dot = qualified.IndexOf('.');
        schema.Name = dot < 0 ? qualified : qualified.Substring(0, dot);
        schema.Overload = dot < 0 ? "" : qualified.Substring(dot + 1);
        var arrow = line.LastIndexOf("->", StringComparison.Ordinal);
        var close = line.LastIndexOf(')', arrow);
        foreach (var part in Split(line.Substring(open + 1, close - open - 1)))
        {
            if (part != "*")
            {
                schema.Parameters.Add(ParseParameter(part));
            }
        }

        var returns = line.Substring(arrow + 2).Trim();
        if (returns.StartsWith("(", StringComparison.Ordinal))
        {
            returns = returns.Substring(1, returns.Length - 2);
        }

        schema.Returns.AddRange(Split(returns).Select(part => WithoutAlias(part).Split(' ')[0]));
        return schema;
    }

    private static SchemaParameter ParseParameter(string text)
    {
        text = WithoutAlias(text);
        var space = text.IndexOf(' ');
        var name = text.Substring(space + 1);
        var equals = name.IndexOf('=');
        return new SchemaParameter
        {
            Type = text.Substring(0, space).Replace("SymInt", "int"),
            Name = equals < 0 ? name : name.Substring(0, equals),
            Default = equals < 0 ? null : name.Substring(equals + 1),
        };
    }

    /// <summary>Drops alias annotations: <c>Tensor(a!)</c> is <c>Tensor</c>, <c>Tensor(a -&gt; *)</c> too.</summary>
    private static string WithoutAlias(string text)
    {
        var open = text.IndexOf('(');
        var close = open < 0 ? -1 : text.IndexOf(')', open);
        return open < 0 ? text : text.Substring(0, open) + text.Substring(close + 1);
    }

    private static IEnumerable<string> Split(string list)
    {
        var depth = 0;
        var start = 0;
        for (var i = 0; i < list.Length; i++)
        {
            if (list[i] is '(' or '[')
            {
                depth++;
            }
            else if (list[i] is ')' or ']')
            {
                depth--;
            }
            else if (list[i] == ',' && depth == 0)
            {
                yield return list.Substring(start, i - start).Trim();
                start = i + 1;
            }
        }

        var last = list.Substring(start).Trim();
        if (last.Length > 0)
        {
            yield return last;
        }
    }
}
