import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertPath;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidator;
import java.security.cert.CertStore;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.gm.GMObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * Judges an evidence folder only with BouncyCastle: no code of this project runs here.
 *
 * <p>Arguments: the folder, and optionally the moment to judge at in ms since the epoch (default: now). The folder holds
 * root.pem issuing.pem leaf.pem message.bin signature.der signature.p7s crl.der root-crl.der ocsp.der, and request.der if
 * there is a PKCS#10 request. With attributes.der the signature is over those, and digest.bin, SM3 of the content, may stand
 * in for message.bin. One "ok: …" line per check on stdout; at the first failing check "failed: NAME: why" on
 * stderr and exit code 1.
 */
public final class Judge {
    private static final String BC = "BC";

    private final Path folder;
    private final Date at;
    private X509Certificate root;
    private X509Certificate issuing;
    private X509Certificate leaf;
    private X509CRL rootCrl;
    private X509CRL issuingCrl;
    private byte[] message;

    private Judge(Path folder, Date at) {
        this.folder = folder;
        this.at = at;
    }

    private interface Check {
        void run() throws Exception;
    }

    public static void main(String[] arguments) {
        Security.addProvider(new BouncyCastleProvider());
        Date at = arguments.length > 1 ? new Date(Long.parseLong(arguments[1])) : new Date();
        Judge judge = new Judge(Path.of(arguments[0]), at);
        judge.check("read certificates, message and lists", judge::read);
        judge.check("certificate signatures", judge::certificateSignatures);
        judge.check("revocation lists", judge::revocationLists);
        judge.check("path with revocation", judge::path);
        judge.check("signature over the message", judge::rawSignature);
        judge.check("cms", judge::cms);
        judge.check("ocsp", judge::ocsp);
        if (judge.exists("request.der")) {
            judge.check("certification request", judge::request);
        }
    }

    private void check(String name, Check check) {
        try {
            check.run();
        } catch (Exception | LinkageError error) {
            Throwable first = error;
            while (first.getCause() != null) {
                first = first.getCause();
            }
            System.err.println("failed: " + name + ": " + first);
            throw new Judges.Refused();
        }
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException(what);
        }
    }

    private static void ok(String what) {
        System.out.println("ok: " + what);
    }

    private byte[] bytes(String name) throws Exception {
        return Files.readAllBytes(folder.resolve(name));
    }

    private boolean exists(String name) {
        return Files.exists(folder.resolve(name));
    }

    private void read() throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509", BC);
        root = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(bytes("root.pem")));
        issuing = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(bytes("issuing.pem")));
        leaf = (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(bytes("leaf.pem")));
        rootCrl = (X509CRL) factory.generateCRL(new ByteArrayInputStream(bytes("root-crl.der")));
        issuingCrl = (X509CRL) factory.generateCRL(new ByteArrayInputStream(bytes("crl.der")));
        message = bytes(exists("message.bin") || !exists("digest.bin") ? "message.bin" : "digest.bin");
        ok("read leaf " + leaf.getSubjectX500Principal());
    }

    private void certificateSignatures() throws Exception {
        for (X509Certificate certificate : List.of(root, issuing, leaf)) {
            require(certificate.getSigAlgOID().equals(GMObjectIdentifiers.sm2sign_with_sm3.getId()), "not SM2 with SM3");
        }
        root.verify(root.getPublicKey(), BC);
        issuing.verify(root.getPublicKey(), BC);
        leaf.verify(issuing.getPublicKey(), BC);
        ok("SM2 signatures of root, issuing CA and leaf");
    }

    private void revocationLists() throws Exception {
        list(rootCrl, root);
        list(issuingCrl, issuing);
    }

    private void list(X509CRL crl, X509Certificate issuer) throws Exception {
        crl.verify(issuer.getPublicKey(), BC);
        require(crl.getVersion() == 2, "not a version 2 list");
        ASN1OctetString wrapped = ASN1OctetString.getInstance(crl.getExtensionValue(Extension.cRLNumber.getId()));
        BigInteger number = ASN1Integer.getInstance(wrapped.getOctets()).getValue();
        require(number.signum() >= 0, "negative number");
        require(!crl.getThisUpdate().after(new Date(at.getTime() + 300_000)), "list from the future");
        require(crl.getNextUpdate().after(at), "list out of date");
        StringBuilder entries = new StringBuilder();
        if (crl.getRevokedCertificates() != null) {
            for (X509CRLEntry entry : crl.getRevokedCertificates()) {
                entries.append(' ').append(entry.getRevocationReason());
            }
        }
        ok("list number " + number + " of " + issuer.getSubjectX500Principal() + ", reasons:" + entries);
    }

    private void path() throws Exception {
        CertStore store = CertStore.getInstance(
            "Collection", new CollectionCertStoreParameters(List.of(leaf, issuing, rootCrl, issuingCrl)), BC);
        Set<TrustAnchor> anchors = Set.of(new TrustAnchor(root, null));
        X509CertSelector target = new X509CertSelector();
        target.setCertificate(leaf);
        PKIXBuilderParameters building = new PKIXBuilderParameters(anchors, target);
        configure(building, store);
        CertPath path = CertPathBuilder.getInstance("PKIX", BC).build(building).getCertPath();
        require(path.getCertificates().equals(List.of(leaf, issuing)), "an unexpected path");
        PKIXParameters validating = new PKIXParameters(anchors);
        configure(validating, store);
        CertPathValidator.getInstance("PKIX", BC).validate(path, validating);
        ok("PKIX path of " + path.getCertificates().size() + " certificates with revocation lists");
    }

    private void configure(PKIXParameters parameters, CertStore store) {
        parameters.addCertStore(store);
        parameters.setDate(at);
        parameters.setRevocationEnabled(true);
        parameters.setSigProvider(BC);
    }

    private void rawSignature() throws Exception {
        Signature verifier = Signature.getInstance("SM3WITHSM2", BC);
        verifier.initVerify(leaf.getPublicKey());
        String over = exists("attributes.der") ? "attributes.der" : "message.bin";
        verifier.update(bytes(over));
        require(verifier.verify(bytes("signature.der")), "does not verify");
        ok("SM3withSM2 over " + over + ", " + bytes(over).length + " bytes");
    }

    private void cms() throws Exception {
        CMSSignedData signed = new CMSSignedData(bytes("signature.p7s"));
        if (!exists("message.bin")) {
            require(signed.getSignedContent() == null, "the content is inside");
            signed = new CMSSignedData(Map.of(GMObjectIdentifiers.sm3.getId(), message), bytes("signature.p7s"));
        } else if (signed.getSignedContent() == null) {
            signed = new CMSSignedData(new CMSProcessableByteArray(message), bytes("signature.p7s"));
        } else {
            byte[] inside = (byte[]) signed.getSignedContent().getContent();
            require(Arrays.equals(inside, message), "the content is not message.bin");
        }
        require(signed.getSignerInfos().size() == 1, "not one signer");
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        byte[] attributes = signer.getEncodedSignedAttributes();
        require((attributes != null) == exists("attributes.der"), "signed attributes or none");
        require(attributes == null || Arrays.equals(attributes, bytes("attributes.der")), "other signed attributes");
        require(Arrays.equals(signer.getSignature(), bytes("signature.der")), "not the same signature");
        X509CertificateHolder holder = new JcaX509CertificateHolder(leaf);
        require(signed.getCertificates().getMatches(null).contains(holder), "the leaf is not inside");
        require(signer.getSID().match(holder), "the leaf is not the signer");
        SignerInformationVerifier verifier =
            new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(leaf.getPublicKey());
        require(signer.verify(verifier), "does not verify");
        ok("CMS SignedData with " + signed.getCertificates().getMatches(null).size() + " certificates"
            + (attributes == null ? "" : ", " + signer.getSignedAttributes().size() + " signed attributes"));
    }

    private void ocsp() throws Exception {
        OCSPResp response = new OCSPResp(bytes("ocsp.der"));
        require(response.getStatus() == OCSPResp.SUCCESSFUL, "response status " + response.getStatus());
        BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
        X509CertificateHolder responder = responder(basic);
        require(basic.isSignatureValid(verifier(key(responder))), "the signature does not verify");
        SingleResp single = about(basic);
        require(!single.getThisUpdate().after(new Date(at.getTime() + 300_000)), "status from the future");
        require(single.getNextUpdate() == null || single.getNextUpdate().after(at), "status out of date");
        require(single.getCertStatus() == CertificateStatus.GOOD, "the leaf is not good: " + single.getCertStatus());
        ok("OCSP status good, produced " + basic.getProducedAt().toInstant());
    }

    private X509CertificateHolder responder(BasicOCSPResp basic) throws Exception {
        for (X509CertificateHolder candidate : basic.getCerts()) {
            byte[] keyHash = MessageDigest.getInstance("SHA-1")
                .digest(candidate.getSubjectPublicKeyInfo().getPublicKeyData().getBytes());
            if (Arrays.equals(keyHash, basic.getResponderId().toASN1Primitive().getKeyHash())) {
                authorised(candidate);
                return candidate;
            }
        }
        throw new IllegalStateException("the responder's certificate is not inside");
    }

    private void authorised(X509CertificateHolder responder) throws Exception {
        require(responder.isSignatureValid(verifier(issuing.getPublicKey())), "the responder is not the issuer's");
        require(responder.isValidOn(at), "the responder is not valid at that time");
        ExtendedKeyUsage usage = ExtendedKeyUsage.fromExtensions(responder.getExtensions());
        require(usage != null && usage.hasKeyPurposeId(KeyPurposeId.id_kp_OCSPSigning), "not authorised to sign OCSP");
        require(responder.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck) != null, "no nocheck");
    }

    private SingleResp about(BasicOCSPResp basic) throws Exception {
        DigestCalculatorProvider digests = new JcaDigestCalculatorProviderBuilder().setProvider(BC).build();
        for (SingleResp single : basic.getResponses()) {
            boolean mine = single.getCertID().matchesIssuer(new JcaX509CertificateHolder(issuing), digests);
            if (mine && single.getCertID().getSerialNumber().equals(leaf.getSerialNumber())) {
                return single;
            }
        }
        throw new IllegalStateException("nothing about the leaf");
    }

    private void request() throws Exception {
        PKCS10CertificationRequest request = new PKCS10CertificationRequest(bytes("request.der"));
        require(request.isSignatureValid(
            new JcaContentVerifierProviderBuilder().setProvider(BC).build(request.getSubjectPublicKeyInfo())),
            "does not verify");
        require(request.getSubject().equals(new JcaX509CertificateHolder(leaf).getSubject()), "another subject");
        ok("PKCS#10 request of " + request.getSubject());
    }

    private static ContentVerifierProvider verifier(PublicKey key) throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider(BC).build(key);
    }

    private static PublicKey key(X509CertificateHolder holder) throws Exception {
        return BouncyCastleProvider.getPublicKey(holder.getSubjectPublicKeyInfo());
    }
}
